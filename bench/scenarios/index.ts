/** Every scenario, in the order of the report. A new one is a file here and a line below. */

import type { Scenario } from '../scenario.ts';
import { backlog } from './backlog.ts';
import { batch } from './batch.ts';
import { burst } from './burst.ts';
import { burstApart } from './burst-apart.ts';
import { deadEndpoint } from './dead-endpoint.ts';
import { emitAlone } from './emit-alone.ts';
import { fanOut } from './fan-out.ts';
import { hanging } from './hanging.ts';
import { isolation } from './isolation.ts';
import { longRun } from './long-run.ts';
import { manyRows } from './many-rows.ts';
import { manyTenants } from './many-tenants.ts';
import { open800, steady50, steady200 } from './steady.ts';
import { tenEndpoints } from './ten-endpoints.ts';

export const SCENARIOS: readonly Scenario[] = [
  burst,
  burstApart,
  tenEndpoints,
  fanOut,
  steady50,
  steady200,
  open800,
  batch,
  emitAlone,
  hanging,
  isolation,
  deadEndpoint,
  backlog,
  manyTenants,
  longRun,
  manyRows,
];
