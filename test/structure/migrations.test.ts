/** Every migration keeps the rules for migrations, and each rule finds an example that breaks it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModule } from 'libpg-query';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { lintMigration } from './migration-rules.ts';

const FOLDER = join(PACKAGE_ROOT, 'migrations');
const NAMES = readdirSync(FOLDER).sort();

beforeAll(() => loadModule());

test.each(NAMES)('%s can be applied while everything runs', (name) => {
  expect(lintMigration(name, readFileSync(join(FOLDER, name), 'utf8'), NAMES)).toEqual([]);
});

test('no two migrations have the same number', () => {
  const numbers = NAMES.map((name) => name.slice(0, 4));
  expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
});

const OUTSIDE = '-- @outside-transaction\n';
const CONTRACT = '-- @contract since 0001_a.sql\n';

describe('refused:', () => {
  test.each([
    ['create index d on deliveries (id)', /concurrently/],
    ['create unique index d on deliveries (id)', /concurrently/],
    [`${OUTSIDE}create index if not exists d on deliveries (id)`, /concurrently/],
    [`${OUTSIDE}create table if not exists t (a int); create index if not exists d on t (a)`, /concurrently/],
    ['create index concurrently d on deliveries (id)', /@outside-transaction/],
    [`${OUTSIDE}create index concurrently d on deliveries (id)`, /if not exists/],
    ['drop index d', /concurrently/],
    [`${OUTSIDE}drop index if exists d`, /concurrently/],
    [`${OUTSIDE}drop index concurrently d`, /if exists/],
    ['reindex table deliveries', /no rule allows it/],
    ['alter table deliveries add column a int not null', /not null needs a default/],
    ['alter table deliveries add column a timestamptz default clock_timestamp()', /not a constant/],
    ['alter table deliveries add column a double precision not null default random()', /not a constant/],
    ["alter table deliveries add column a text default 'a' || random()", /not a constant/],
    ['alter table deliveries add column a uuid default gen_random_uuid()', /not a constant/],
    ['alter table deliveries add column a bigserial', /serial/],
    ['alter table deliveries add column a int generated always as identity', /CONSTR_IDENTITY/],
    [
      'alter table deliveries add column a int generated always as (attempt_count + 1) stored',
      /CONSTR_GENERATED/,
    ],
    ['alter table deliveries add column a int unique', /CONSTR_UNIQUE/],
    ['alter table deliveries add column a text references tenants', /CONSTR_FOREIGN/],
    ['alter table deliveries add column a int check (a > 0)', /CONSTR_CHECK/],
    [`${OUTSIDE}alter table deliveries add column a int`, /if not exists/],
    ['alter table deliveries alter column status type varchar(20)', /rewrites the table/],
    ['alter table deliveries alter column body set not null', /reads the whole table/],
    ['alter table deliveries add constraint a check (attempt_count >= 0)', /not valid/],
    ['alter table deliveries add constraint a foreign key (notice_id) references notices', /not valid/],
    ['alter table deliveries add constraint a unique (notice_id)', /using index/],
    ['alter table deliveries add primary key (id)', /using index/],
    ['alter table deliveries validate constraint a', /later file/],
    [
      `${OUTSIDE}alter table deliveries add constraint a check (attempt_count >= 0) not valid`,
      /cannot be repeated/,
    ],
    ['alter table deliveries drop column body', /@contract/],
    ['alter table deliveries rename column body to payload', /old name/],
    ['alter table deliveries rename to sendings', /old name/],
    ['drop table deliveries', /@contract/],
    [`${CONTRACT}alter table deliveries rename column body to payload`, /old name/],
    ['-- @contract since 0099_later.sql\ndrop table deliveries', /no such earlier/],
    ['alter table deliveries set logged', /no rule allows it/],
    ['alter table deliveries set tablespace fast', /no rule allows it/],
    ['update deliveries set held_reason = null', /batches/],
    ["update deliveries set held_reason = null where status = 'pending'", /batches/],
    ['delete from events', /batches/],
    [`${OUTSIDE}update deliveries set held_reason = null`, /batches/],
    [`${OUTSIDE}-- @batch\nupdate deliveries set held_reason = null where held_reason = ''`, /limit 1000/],
    [`${OUTSIDE}-- @batch\ndelete from events where id in (select id from events limit 50000)`, /limit 1000/],
    ['-- @batch\ndelete from events where id in (select id from events limit 10)', /@outside-transaction/],
    ['truncate events', /no rule allows it/],
    ['insert into notices select * from notices', /rows that stand in the file/],
    ['create table copy as select * from events', /no rule allows it/],
    ['lock table events', /no rule allows it/],
    ['vacuum full events', /no rule allows it/],
    ['cluster events', /no rule allows it/],
    ["do $$ begin update events set type = ''; end $$", /no rule allows it/],
    ['select setval(1, 2)', /no rule allows it/],
    ['begin; alter table events add column a int', /no rule allows it/],
    ["set local lock_timeout = '5s'", /not over a second/],
    ['set local lock_timeout = 0', /not over a second/],
    ["set local work_mem = '1GB'", /the runner sets/],
    [`${OUTSIDE}set lock_timeout = '1s'`, /the runner sets/],
    [
      'alter table tenants add column a int; alter table endpoints add column a int; alter table events add column a int; alter table deliveries add column a int',
      /at most 3 tables/,
    ],
    [
      'create table t (a text references tenants, b text references endpoints, c text references notices); alter table deliveries add column a int',
      /at most 3 tables/,
    ],
  ])('%s', (sql, complaint) => {
    expect(lintMigration('0042_bad.sql', `${sql};`, ['0001_a.sql', '0042_bad.sql'])).toEqual([
      expect.stringMatching(complaint),
    ]);
  });
});

describe('allowed:', () => {
  test.each([
    ['create table t (a text primary key, b text not null references tenants); create index d on t (b)'],
    ['create table t (a text); alter table t add constraint c unique (a)'],
    ['alter table deliveries add column a int, add column b timestamptz not null default now()'],
    ["alter table deliveries add column a text[] not null default '{}', add column b text default 'x'::text"],
    ["set local lock_timeout = '1s'; alter table deliveries add column a boolean not null default false"],
    ['alter table deliveries add constraint a check (attempt_count >= 0) not valid'],
    ['alter table deliveries add constraint a unique using index d'],
    [`${OUTSIDE}alter table deliveries validate constraint a`],
    [`${OUTSIDE}create unique index concurrently if not exists d on deliveries (id)`],
    [
      `${OUTSIDE}-- @batch\nupdate deliveries set held_reason = null where id in (select id from deliveries where held_reason = '' limit 1000)`,
    ],
    [`${CONTRACT}alter table deliveries drop column body`],
    [`${CONTRACT}drop table deliveries`],
    ["create function f() returns trigger language plpgsql as $$ begin raise 'a;b'; end $$"],
    ["insert into tenants (id) values ('a;b')"],
  ])('%s', (sql) => {
    expect(lintMigration('0042_good.sql', `${sql};`, ['0001_a.sql', '0042_good.sql'])).toEqual([]);
  });
});

test('what is not SQL is no migration', () => {
  expect(() => lintMigration('0042_bad.sql', 'alter table;')).toThrow(/syntax error/);
});

test('a name says its place', () => {
  expect(lintMigration('late.sql', 'create table t (a int);')).toEqual([expect.stringMatching(/its name/)]);
});
