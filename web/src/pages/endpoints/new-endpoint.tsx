/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const NewEndpoint = (_: object) => <NotFound />;
