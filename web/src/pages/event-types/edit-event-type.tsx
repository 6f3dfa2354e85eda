/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const EditEventType = (_: { name: string | null }) => <NotFound />;
