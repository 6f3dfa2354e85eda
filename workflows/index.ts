/** Exports everything that the worker's bundle holds. */
export { deliver } from './deliver.ts';
export { operate, runOperation } from './operate.ts';
export { prune } from './prune.ts';
