/** Placeholder. */
import { NotFound } from './not-found.tsx';

export const Overview = (_: object) => <NotFound />;
