/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const AllDeliveries = (_: object) => <NotFound />;
