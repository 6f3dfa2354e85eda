/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Event = (_: { id: string }) => <NotFound />;
