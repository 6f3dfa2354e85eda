/** An event goes to whoever wants its type, found by looking up as by going through all. */
import fc from 'fast-check';
import { isSubscribed } from '../../src/domain/event.ts';
import { subscribersOf } from '../../src/store/subscribers.ts';

const name = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'a_'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('.'));
const filter = fc.tuple(name, fc.constantFrom('', '.*')).map((parts) => parts.join(''));
const eventTypes = fc.option(fc.array(filter, { maxLength: 5 }));

test('those that are found are those that are subscribed, for each type after the other', () => {
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
