/** Placeholder. */
import { NotFound } from './not-found.tsx';

export const OperatorSettings = (_: object) => <NotFound />;
