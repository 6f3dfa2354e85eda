/**
 * An endpoint for which thousands of deliveries are given up: its owner gets a handful of e-mails that name them all.
 * `TIDINGS_LONG_TESTS=1` makes them ten thousand.
 */
import { startMailServer } from '../helpers/mail-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

const BATCHES = process.env.TIDINGS_LONG_TESTS ? 20 : 4;
const BATCH_SIZE = 500;
const TOTAL = BATCHES * BATCH_SIZE;
const INTERVAL_S = 5;

test(`${TOTAL} exhausted deliveries of one endpoint are one e-mail at once, and then one in each interval`, async () => {
  const mail = await startMailServer();
  const receiver = await startReceiver(500);
  const tidings = await startTestService({
    SMTP_URL: mail.url,
    TIDINGS_NOTICE_INTERVAL_S: String(INTERVAL_S),
    TIDINGS_ADDRESS_MAILS_PER_HOUR: '1000',
  });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', {
    name: 'Dead',
    contacts: ['ops@example.com'],
  });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    retry_schedule: [],
    timeout_ms: 60_000,
  });
  const startedAt = performance.now();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const events = Array.from({ length: BATCH_SIZE }, (_, at) => ({ type: 'a.b', data: { batch, at } }));
    expect((await tidings.call('POST', `/v1/tenants/${tenant.id}/events/batch`, { events })).status).toBe(
      202,
    );
  }
  const counts = async () => {
    const { rows } = await tidings.database.db.query(
      `select count(*) filter (where status = 'failed') as failed, count(*) filter (where told_at is not null) as told
       from deliveries`,
    );
    return rows[0] as { failed: number; told: number };
  };
  for (let told = 0; told < TOTAL; { told } = await counts()) {
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const elapsedS = (performance.now() - startedAt) / 1000;
  expect(await counts()).toEqual({ failed: TOTAL, told: TOTAL });
  expect(receiver.received).toHaveLength(TOTAL);

  // The first at once, then never two in one interval.
  expect(mail.received.length).toBeLessThanOrEqual(1 + elapsedS / INTERVAL_S + 1);
  expect(new Set(mail.received.map(({ messageId }) => messageId)).size).toBe(mail.received.length);
  const named = mail.received.map(({ subject = '' }) => Number(/: (\d+) events/.exec(subject)?.[1] ?? 1));
  expect(named.reduce((sum, each) => sum + each, 0)).toBe(TOTAL);
  if (process.env.TIDINGS_LONG_TESTS) console.info({ elapsedS: Math.round(elapsedS), named });
  await tidings.stop();
  await mail.close();
}, 600_000);
