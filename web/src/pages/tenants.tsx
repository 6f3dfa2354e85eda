/** Placeholder. */
import { NotFound } from './not-found.tsx';

export const Tenants = (_: object) => <NotFound />;
