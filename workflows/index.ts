/** Everything that the worker's bundle holds. */
export { deliver } from './deliver.ts';
