/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Endpoint = (_: { id: string; tab: string }) => <NotFound />;
