/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const SendEvent = (_: object) => <NotFound />;
