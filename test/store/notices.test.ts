/** Who is named in a notice, and told by it, when deliveries go on meanwhile. */
import { markNoticeSent, nextNoticeStep, returnNotice } from '../../src/store/notices.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at) values ('ten', 'One', 'standard-webhooks', '{}', now())`,
  );
  await database.db.query(
    `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
     values ('ep', 'ten', '', '', 'example.com', true, now(), now())`,
  );
  await database.db.query(
    `with event as (
       insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
       values ('ten', 'evt', 'evt', 'a.b', now(), '', 0, 0, '', false, now())
     )
     insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, ended_status, ended_at, created_at)
     select id, 'ten', 'evt', 'ep', 'a.b', false, 'failed', 'failed', now(), now() from unnest('{dlv_1,dlv_2}'::text[]) id`,
  );
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
