/** An attempt that could not be recorded is kept in memory until it is, however often writing it fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

test('while PostgreSQL can be read but not written, no exchange is lost', async () => {
  const tidings = await startTestService();
  const receiver = await startReceiver((response) => response.writeHead(200).end('what came back'));
  const { db } = tidings.database;
  await db.query(`create sequence refusals`);
  await db.query(`create function no_room() returns trigger language plpgsql as $$
    begin
      perform nextval('refusals');
      raise exception 'could not extend file' using errcode = 'disk_full';
    end $$`);
  await db.query(
    'create trigger no_room before insert on attempts for each statement execute function no_room()',
  );
  const id = await tidings.deliverTo({ url: receiver.url });
  const refusals = async () => (await db.query('select last_value as n from refusals')).rows[0].n;
  // The one after the attempt, and several by the activity that is there for it.
  await eventually(refusals, (n) => n >= 4, 30_000);
  await db.query('drop trigger no_room on attempts');
  const log = await tidings.settled(id);
  expect(log).toMatchObject({
    status: 'succeeded',
    attempts: [{ request: { url: receiver.url }, response: { status: 200, body: 'what came back' } }],
  });
  await sleep(500);
  expect(receiver.received).toHaveLength(1);
  await tidings.stop();
}, 60_000);
