/** The burst once more with API and worker in processes of their own: what the hop between them costs. */
import type { Scenario } from '../scenario.ts';
import { runBurst } from './burst.ts';

export const burstApart: Scenario = {
  name: 'burst-apart',
  title: 'the burst, `api` and `worker` apart',
  roles: ['api', 'worker'],
  run: runBurst,
};
