/** Placeholder. */
import { NotFound } from '../not-found.tsx';

export const Events = (_: object) => <NotFound />;
