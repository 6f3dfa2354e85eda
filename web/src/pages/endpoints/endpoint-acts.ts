/** Actions that a viewer has with an endpoint as it is now. What could not work is not offered: a notice says why, and what to do. */
import type { Capability } from '../../context/session.tsx';
import type { Endpoint } from './endpoint-values.ts';

export type EndpointAct =
  | 'test'
  | 'enable'
  | 'disable'
  | 'recover'
  | 'replay'
  | 'rotate'
  | 'reveal'
  | 'delete';

const NEEDS: Record<EndpointAct, Capability> = {
  test: 'send_test',
  enable: 'endpoints',
  disable: 'endpoints',
  recover: 'replay',
  replay: 'replay',
  rotate: 'secrets',
  reveal: 'secrets',
  delete: 'endpoints',
};

/** @param signs whether the contract has secrets */
export function endpointActs(
  { enabled, problem }: Pick<Endpoint, 'enabled' | 'problem'>,
  signs: boolean,
  can: (capability: Capability) => boolean,
): ReadonlySet<EndpointAct> {
  const isReadable = problem === undefined;
  const works: Record<EndpointAct, boolean> = {
    test: isReadable,
    enable: !enabled,
    disable: enabled,
    recover: enabled && isReadable,
    replay: enabled && isReadable,
    rotate: signs && isReadable,
    reveal: signs && isReadable,
    delete: true,
  };
  const acts = Object.keys(works) as EndpointAct[];
  return new Set(acts.filter((act) => works[act] && can(NEEDS[act])));
}
