/** The description of an event type: a contract's is English, and a tenant's own in whatever language it was written. */
import type { Schemas } from '@tidings/client';
import { Said } from '../../parts/said.tsx';

export const TypeDescription = ({
  type: { origin, description },
}: {
  type: Pick<Schemas['EventType'], 'origin' | 'description'>;
}) => (origin === 'profile' ? <Said>{description}</Said> : <bdi>{description}</bdi>);
