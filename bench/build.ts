/** A build of Tidings that is measured: this one, or another commit's. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';

/** `root`: the folder of its package, built */
export type Build = { name: string; root: string };

export const THIS_BUILD: Build = { name: 'this', root: PACKAGE_ROOT };

/** @returns the file of the `tidings` command */
export const commandOf = ({ root }: Build): string => join(root, 'dist', 'src', 'cli', 'main.js');
