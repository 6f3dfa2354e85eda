/** A delivery that is retried by hand again and again: its workflow continues in new runs, and no press is lost. */
import { createTestDatabase } from '../helpers/database.ts';
import { ownTemporal } from '../helpers/own-servers.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

test('presses, planned retries and counts are carried over when the history has grown long', async () => {
  // The server suggests it after some thousand events; here after few.
  const { address: temporalAddress } = await ownTemporal('limit.historyCount.suggestContinueAsNew=40');
  const database = await createTestDatabase();
  const tidings = await startTestService({}, { database, temporalAddress });
  const receiver = await startReceiver(500);
  const id = await tidings.deliverTo({ url: receiver.url, retry_schedule: [3600] });
  const first = await tidings.settled(id, ['retrying']);

  const PRESSES = 30;
  for (let n = 0; n < PRESSES; n += 1) {
    expect((await tidings.call('POST', `/v1/deliveries/${id}/retry`)).status).toBe(202);
    // Some come one by one, some in bunches.
    if (n % 3 === 0) await receiver.until(receiver.received.length + 1);
  }
  await receiver.until(1 + PRESSES, 40_000);
  const log = await tidings.settled(id, ['retrying']);
  expect(log.attempt_count).toBe(1 + PRESSES);
  expect(log.log_source).toBe('history');
  expect(new Set(log.attempts.map((attempt: any) => attempt.press_id)).size).toBe(1 + PRESSES);
  expect(log.workflow.id).toBe(first.workflow.id);
  // The attempt that the schedule had planned is still planned.
  expect(Math.abs(Date.parse(log.next_attempt_at) - Date.parse(first.next_attempt_at))).toBeLessThan(5_000);

  receiver.answer(200);
  await tidings.call('POST', `/v1/deliveries/${id}/retry`);
  const end = await tidings.settled(id);
  expect(end.status).toBe('succeeded');
  const { rows } = await database.db.query('select distinct run_id from attempts where delivery_id = $1', [
    id,
  ]);
  expect(rows.length).toBeGreaterThan(1);
  await tidings.stop();
}, 120_000);
