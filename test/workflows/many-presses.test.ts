/**
 * Far more presses of retry than any person makes, straight at one delivery's workflow, past the API's limit. Each is
 * carried out, once. `TIDINGS_LONG_TESTS=1` makes them ten thousand, which is as many signals as Temporal takes in a run.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { retryNow } from '../../workflows/contract.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { ownTemporal } from '../helpers/own-servers.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

const IS_LONG = process.env.TIDINGS_LONG_TESTS !== undefined;
const PRESSES = IS_LONG ? 10_000 : 200;
const AT_ONCE = 50;

test(`${PRESSES} presses of retry on one delivery are ${PRESSES} attempts, and its workflow lives on`, async () => {
  // So few would not fill a run's history: a short one makes them go through several runs all the same.
  const temporalAddress = IS_LONG
    ? (process.env.TEST_TEMPORAL_ADDRESS ?? '')
    : (await ownTemporal('limit.historyCount.suggestContinueAsNew=400')).address;
  const tidings = await startTestService({}, { temporalAddress });
  const receiver = await startReceiver(500);
  const id = await tidings.deliverTo({ url: receiver.url, retry_schedule: [86_400] });
  const { workflow } = await tidings.settled(id, ['retrying']);

  const connection = await Connection.connect({ address: temporalAddress });
  atEnd(() => connection.close());
  // The run is left open: a run that has continued as new hands over to the next.
  const handle = new Client({ connection }).workflow.getHandle(workflow.id);
  const pressIds = Array.from({ length: PRESSES }, () => `prs_${randomUUID()}`);
  const todo = [...pressIds];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let pressId = todo.pop(); pressId !== undefined; pressId = todo.pop()) {
        await handle.signal(retryNow, { deliveryId: id, pressId });
      }
    }),
  );
  await receiver.until(1 + PRESSES, 3_000_000);
  const log = await tidings.settled(id, ['retrying'], 60_000);
  expect(log.attempt_count).toBe(1 + PRESSES);
  expect(log.workflow.id).toBe(workflow.id);
  const { rows } = await tidings.database.db.query(
    'select press_id as "pressId", run_id as "runId" from attempts where delivery_id = $1',
    [id],
  );
  expect(rows.map((row) => row.pressId ?? '').sort()).toEqual(['', ...pressIds].sort());
  expect(receiver.received).toHaveLength(1 + PRESSES);
  // It has gone on in new runs, and still hears.
  expect(new Set(rows.map((row) => row.runId)).size).toBeGreaterThan(1);
  receiver.answer(200);
  expect((await tidings.call('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202);
  expect((await tidings.settled(id)).status).toBe('succeeded');
  await tidings.stop();
}, 3_600_000);
