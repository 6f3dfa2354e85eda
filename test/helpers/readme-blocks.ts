/** Blocks of code in documents, so that tests can run them as a reader would. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

/** The blocks of a language in a document, in their order. @param document its path in the project */
export function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(join(PACKAGE_ROOT, document), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, code]) =>
    name === language && code !== undefined ? [code] : [],
  );
}

/** A block of TypeScript as the module that every Node can run. */
export const asModule = (code: string): string =>
  transformSync(code, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  }).code;
