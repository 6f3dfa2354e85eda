/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const EventTypes = (_: object) => <NotFound />;
