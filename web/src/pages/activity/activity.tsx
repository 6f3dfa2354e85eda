/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Activity = (_: { tenant: string | null }) => <NotFound />;
