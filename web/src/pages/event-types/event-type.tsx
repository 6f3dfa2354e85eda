/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const EventType = (_: { name: string }) => <NotFound />;
