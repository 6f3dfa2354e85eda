/** The burst once more with API and worker in processes of their own: what the hop between them costs. */
import { runBurst } from './burst.js';

export const burstApart = {
  name: 'burst-apart',
  title: 'the burst, `api` and `worker` apart',
  roles: ['api', 'worker'],
  run: runBurst,
};
