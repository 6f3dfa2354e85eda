/** Actions that a viewer has with a delivery as it is now. What the API would refuse is not offered, and said instead. */
import type { Capability } from '../../context/session.tsx';
import type { DeliveryLog } from './timeline-entries.ts';

export type DeliveryActs = {
  retry: boolean;
  enable: boolean;
  cancel: boolean;
  /**
   * Why it cannot be sent again: its endpoint is disabled, which the viewer can change (`enable`) or not (`ask`); or something
   * else, which the next step tells (`other`). `null`: it can, or it goes on by itself, or the viewer may not retry.
   */
  obstacle: 'enable' | 'ask' | 'other' | null;
};

const ENDED: readonly DeliveryLog['status'][] = ['succeeded', 'failed', 'cancelled'];

export function actsOf(
  { status, next_actions: actions }: Pick<DeliveryLog, 'status' | 'next_actions'>,
  can: (capability: Capability) => boolean,
): DeliveryActs {
  const isEnded = ENDED.includes(status);
  // Until the endpoint is enabled, a retry is refused.
  const isDisabled = actions.includes('enable_endpoint');
  const retry = can('retry') && actions.includes('retry') && !isDisabled;
  const enable = can('endpoints') && isDisabled;
  return {
    retry,
    enable,
    cancel: can('retry') && !isEnded,
    obstacle:
      retry || !can('retry') ? null : isDisabled ? (enable ? 'enable' : 'ask') : isEnded ? 'other' : null,
  };
}
