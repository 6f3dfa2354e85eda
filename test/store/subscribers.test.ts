/** The look-up of an event's subscribers finds the same endpoints as a check of each endpoint does. */
import fc from 'fast-check';
import { isSubscribed } from '../../src/domain/event.ts';
import { filtersOfOwnTypes } from '../../src/store/event-types.ts';
import { subscribersOf, wantsType } from '../../src/store/subscribers.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(
    `insert into tenants (id, name, profile, contacts, created_at) values ('ten', 'One', 'standard-webhooks', '{}', now())`,
  );
});
afterAll(() => database?.drop());

const name = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a_'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'));
const filter = fc.tuple(name, fc.constantFrom('', '.*')).map((parts) => parts.join(''));
const eventTypes = fc.option(fc.array(filter, { maxLength: 5 }));

test('the look-up finds exactly the subscribed endpoints, for each event type', () => {
  fc.assert(
    fc.property(fc.array(eventTypes, { maxLength: 6 }), fc.array(name, { maxLength: 4 }), (wanted, types) => {
      const all = wanted.map((each) => ({ eventTypes: each }));
      for (const type of types) {
        expect(subscribersOf(all, type)).toEqual(
          new Set(all.filter((each) => isSubscribed(each.eventTypes, type))),
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

test('the SQL of a subscription agrees with `isSubscribed`', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.tuple(name, eventTypes), { maxLength: 50 }),
    async (cases) => {
      const { rows } = await database.db.query(
        `select ${wantsType("c->>'type'", "(select array_agg(f) from jsonb_array_elements_text(nullif(c->'filters', 'null'::jsonb)) f)::text[]")} as wants
       from jsonb_array_elements($1::jsonb) with ordinality as cases (c, position) order by position`,
        [
          JSON.stringify(
            cases.map(([type, filters]) => ({ type, filters: filters?.length ? filters : null })),
          ),
        ],
      );
      expect(rows.map(({ wants }) => wants)).toEqual(
        cases.map(([type, filters]) => isSubscribed(filters?.length ? filters : null, type)),
      );
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test("the SQL that matches filters with a tenant's own types agrees with `isSubscribed`", async () => {
  const property = fc.asyncProperty(
    fc.uniqueArray(name, { maxLength: 6 }),
    fc.uniqueArray(filter, { maxLength: 20 }),
    async (types, filters) => {
      await database.db.query('delete from event_types');
      await database.db.query(
        `insert into event_types (tenant_id, name, description, schema, example, created_at) select 'ten', t, '', '{}', '{}', now() from unnest($1::text[]) t`,
        [types],
      );
      const found = await filtersOfOwnTypes(database.db, 'ten', filters);
      expect(new Set(found)).toEqual(
        new Set(filters.filter((each) => types.some((type) => isSubscribed([each], type)))),
      );
    },
  );
  await fc.assert(property, { numRuns: 50 });
});
