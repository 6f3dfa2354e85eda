/** Who is named in a notice, and told by it, when deliveries go on meanwhile. */
import { markNoticeSent, nextNoticeStep, returnNotice } from '../../src/store/notices.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep']);
  await insertDeliveries(database.db, 'ep', ['dlv_1', 'dlv_2'], {
    status: "'failed'",
    ended_status: "'failed'",
    ended_at: 'now()',
  });
});
afterAll(() => database?.drop());

test('one that is being sent once more by hand is named too: that attempt may fail, and then nobody would be told', async () => {
  const next = () => nextNoticeStep(database.db, ['dlv_1', 'dlv_2'], 60_000);
  const first = await next();
  if (first.kind !== 'tell') throw new Error(first.kind);
  await returnNotice(database.db, first.notice.id);
  await database.db.query(
    "update deliveries set status = 'delivering', claim_from = 'failed' where id = 'dlv_1'",
  );
  const again = await next();
  expect(again).toMatchObject({
    kind: 'tell',
    notice: { id: first.notice.id, total: 2, deliveries: [{ deliveryId: 'dlv_1' }, { deliveryId: 'dlv_2' }] },
  });
  await markNoticeSent(database.db, first.notice.id);
  expect(await next()).toEqual({ kind: 'told' });
});
