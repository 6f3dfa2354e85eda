/** docs/error-codes.md is the table of causes, and has the anchor of every `docs_url`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodesPage } from '../../scripts/error-codes-page.ts';
import { CAUSES } from '../../src/domain/causes.ts';
import type { AttemptErrorCode } from '../../src/domain/errors.ts';
import { exampleOf, explain } from '../../src/domain/explanation.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const committed = readFileSync(join(PACKAGE_ROOT, 'docs', 'error-codes.md'), 'utf8');

test('docs/error-codes.md is what `npm run generate-docs` writes', () => {
  expect(committed).toBe(errorCodesPage());
});

test('every docs_url leads to a heading of it', () => {
  const headings = [...committed.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  const anchors = Object.entries(CAUSES).flatMap(([code, causes]) =>
    causes.map((cause) => explain(exampleOf(code as AttemptErrorCode, cause))?.docsUrl.split('#')[1]),
  );
  expect(headings).toEqual(anchors);
});
