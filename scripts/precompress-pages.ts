/** The last step of `npm run build`: stores the built pages compressed, too, so that no request has to compress them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { PAGES } from '../src/package-root.ts';

/** Images and fonts are compressed already. */
const TEXT = /\.(html|js|css|svg|json|txt|webmanifest)$/;
/** Shorter files become longer, or fit into one packet anyway. */
const MIN_BYTES = 1_000;

if (existsSync(PAGES)) {
  for (const entry of readdirSync(PAGES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    TEXT.test(name),
  )) {
    const file = join(PAGES, entry);
    const bytes = readFileSync(file);
    if (bytes.length < MIN_BYTES) continue;
    const text = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: text }));
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
