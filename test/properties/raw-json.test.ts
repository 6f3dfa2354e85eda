/** For every JSON text, the raw parser cuts out exactly what was written; every other text is refused without a crash. */
import fc from 'fast-check';
import type { Place } from '../../src/api/body/json-scan.ts';
import { parseRawJson, parseRawJsonInTurns } from '../../src/api/body/raw-json.ts';
import { Problem } from '../../src/domain/errors.ts';
import { jsonObjectText, jsonText } from './json-text.ts';

const parse = (text: string, ...places: Place[]) => parseRawJson(Buffer.from(text), places);

test("an event's data is cut out as it was written, wherever it stands", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(jsonText, jsonText), { maxLength: 5 }), (events) => {
      const written = events.map(([data, other]) => `{"other":${other},"data" : ${data}\n,"type":"a.b"}`);
      const raw = parse(
        ` {"events":[${written.join(', ')}]} `,
        ['events', null],
        ['events', null, 'data'],
        ['events', null, 'other'],
      );
      events.forEach(([data, other], at) => {
        expect(raw.rawAt(['events', at, 'data'])).toBe(data);
        expect(raw.rawAt(['events', at, 'other'])).toBe(other);
        expect(raw.rawAt(['events', at])).toBe(written[at]);
      });
      expect(raw.rawAt(['events', events.length])).toBeUndefined();
    }),
  );
});

test('each member of an object is found by its name, and is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(jsonObjectText, (text) => {
      const value = JSON.parse(text);
      const raw = parse(text, [], ...Object.keys(value).map((key) => [key]));
      expect(raw.value).toEqual(value);
      expect(raw.rawAt([])).toBe(text);
      for (const key of Object.keys(value)) expect(JSON.parse(raw.rawAt([key]) ?? '')).toEqual(value[key]);
    }),
  );
});

test('a value is read exactly when JSON.parse reads it, but for keys that come twice and for depth', () => {
  const damaged = fc
    .tuple(jsonText, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(
      ([text, at, junk]) =>
        text.slice(0, at % (text.length + 1)) + junk + text.slice((at + 1) % (text.length + 1)),
    );
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (text) => {
      let expected: unknown;
      let isJson = true;
      try {
        expected = JSON.parse(Buffer.from(text).toString());
      } catch {
        isJson = false;
      }
      try {
        expect(parse(text).value).toEqual(expected);
        expect(isJson).toBe(true);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        expect(error.code).toBe(isJson ? 'duplicate_key' : 'invalid_json');
      }
    }),
    { numRuns: 1_000 },
  );
});

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      try {
        parseRawJson(Buffer.from(bytes), []);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
        expect((error as Problem).status).toBe(400);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("an event's data is left out of the value, whatever it holds, and its text is kept", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(jsonText, jsonText), { maxLength: 5 }), (events) => {
      const written = events.map(([data, other]) => `{"other":${other},"data" : ${data}\n}`);
      const place: Place = ['events', null, 'data'];
      const raw = parseRawJson(Buffer.from(` {"events":[${written.join(', ')}]} `), [place], {
        opaque: [place],
      });
      expect(raw.value).toEqual({
        events: events.map(([, other]) => ({ other: JSON.parse(other), data: null })),
      });
      events.forEach(([data], at) => {
        expect(raw.rawAt(['events', at, 'data'])).toBe(data);
      });
    }),
  );
});

test('a body that is read in turns is read as at once', async () => {
  const place: Place = ['data'];
  await fc.assert(
    fc.asyncProperty(fc.oneof(jsonText, fc.string({ unit: 'binary' })), async (text) => {
      // Longer than what is read between two looks at the clock.
      const bytes = Buffer.from(`{"pad":"${'x'.repeat(70_000)}","data":${text}}`);
      const outcome = (read: () => unknown) =>
        Promise.resolve()
          .then(read)
          .then(
            (raw: any) => [raw.value, raw.rawAt(place)],
            (error) => error.message,
          );
      const inTurns = await outcome(() => parseRawJsonInTurns(bytes, [place], { opaque: [place] }));
      expect(inTurns).toEqual(await outcome(() => parseRawJson(bytes, [place], { opaque: [place] })));
    }),
  );
});
