/** Every scenario, in the order of the report. A new one is a file here and a line below. */
import { backlog } from './backlog.js';
import { batch } from './batch.js';
import { burst } from './burst.js';
import { burstApart } from './burst-apart.js';
import { deadEndpoint } from './dead-endpoint.js';
import { emitAlone } from './emit-alone.js';
import { fanOut } from './fan-out.js';
import { hanging } from './hanging.js';
import { isolation } from './isolation.js';
import { longRun } from './long-run.js';
import { manyRows } from './many-rows.js';
import { manyTenants } from './many-tenants.js';
import { open800, steady50, steady200 } from './steady.js';
import { tenEndpoints } from './ten-endpoints.js';

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title one line for the report
 * @property {('serve' | 'api' | 'worker')[]} roles the processes of Tidings
 * @property {(bench: object) => Promise<import('../measure.js').Measured>} run
 */

/** @type {Scenario[]} */
export const SCENARIOS = [
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
