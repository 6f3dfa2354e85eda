/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Settings = (_: object) => <NotFound />;
