/** Placeholder. */
import { NotFound } from './not-found.tsx';

export const OperatorOverview = (_: object) => <NotFound />;
