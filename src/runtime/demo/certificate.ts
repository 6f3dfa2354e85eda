/** A certificate for the demo's https receiver, made once: Leah's contract knows no plain http. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export type Certificate = { key: string; cert: string; certFile: string };

const YEAR_MS = 365 * 24 * 3600 * 1000;

export async function demoCertificate(folder: string): Promise<Certificate> {
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  const made = await stat(certFile).catch(() => null);
  if (made === null || Date.now() - made.mtimeMs > YEAR_MS / 2) {
    await mkdir(folder, { recursive: true });
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'Tidings demo receiver' }], {
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + YEAR_MS),
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    await writeFile(keyFile, key, { mode: 0o600 });
    await writeFile(certFile, cert);
  }
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8'), certFile };
}
