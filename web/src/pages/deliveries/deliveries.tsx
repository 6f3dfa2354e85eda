/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Deliveries = (_: { selected: string | null }) => <NotFound />;
