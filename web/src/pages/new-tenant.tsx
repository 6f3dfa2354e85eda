/** Placeholder. */
import { NotFound } from './not-found.tsx';

export const NewTenant = (_: object) => <NotFound />;
