/** Properties of the domain's rules that hold for every schedule, header, URL, id and time. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { parseTimestampMs } from '../../src/api/event-validation.ts';
import { pageQuery, readPage } from '../../src/api/paging.ts';
import { emitBody } from '../../src/api/schemas/event.ts';
import { headerProblem, MASK, maskUrl } from '../../src/domain/endpoint.ts';
import { formatTimestamp, isSubscribed } from '../../src/domain/event.ts';
import {
  firstIdAt,
  ID_PREFIXES,
  type IdKind,
  idSuffix,
  idTimeMs,
  isId,
  newId,
} from '../../src/domain/ids.ts';
import { nextDelayMs, parseRetryAfterMs, RETRY_AFTER_CAP_MS } from '../../src/domain/schedule.ts';

const anyText = fc.string({ unit: 'binary' });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a retry-after header', () => {
  const near = fc.constantFrom(0, 1_700_000_000_000, 4e12);

  test('of any text is a wait or nothing', () => {
    const datelike = fc
      .array(
        fc.constantFrom('Sun, ', '06 ', 'Nov ', '1994 ', '08:49:37', ' GMT', '-', '99', '00:00:00', '\t'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(anyText, datelike, fc.stringMatching(/^\d{1,12}$/)), near, (text, nowMs) => {
        const waitMs = parseRetryAfterMs(text, nowMs);
        if (waitMs === null) return;
        expect(Number.isFinite(waitMs) && waitMs >= 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of an HTTP date is the time until then, of seconds the seconds, and a day at most', () => {
    const seconds = fc.integer({ min: 0, max: 4e9 });
    fc.assert(
      fc.property(seconds, seconds, (now, then) => {
        const date = new Date(then * 1000).toUTCString();
        expect(parseRetryAfterMs(date, now * 1000)).toBe(
          Math.min(Math.max(0, then - now) * 1000, RETRY_AFTER_CAP_MS),
        );
        expect(parseRetryAfterMs(` ${then} `, now * 1000)).toBe(Math.min(then * 1000, RETRY_AFTER_CAP_MS));
      }),
    );
  });
});

test('the next attempt comes within its jitter, later when the receiver asks, and never after the last', () => {
  const schedule = fc.record({
    delaysS: fc.array(fc.double({ min: 0, max: 1_209_600, noNaN: true }), { maxLength: 30 }),
    jitter: fc.constantFrom(0, 0.1, 0.5),
  });
  const asks = fc.option(fc.integer({ min: 0, max: 1e13 }));
  fc.assert(
    fc.property(
      schedule,
      fc.integer({ min: 1, max: 40 }),
      fraction,
      asks,
      (given, slotsUsed, random, askedMs) => {
        const waitMs = nextDelayMs(given, slotsUsed, random, askedMs);
        const delayMs = (given.delaysS[slotsUsed - 1] ?? 0) * 1000;
        expect(waitMs === null).toBe(slotsUsed > given.delaysS.length);
        if (waitMs === null) return;
        const least = Math.max(delayMs * (1 - given.jitter), Math.min(askedMs ?? 0, RETRY_AFTER_CAP_MS));
        const most = Math.max(delayMs * (1 + given.jitter), Math.min(askedMs ?? 0, RETRY_AFTER_CAP_MS));
        expect(waitMs).toBeGreaterThanOrEqual(least - 1);
        expect(waitMs).toBeLessThanOrEqual(most + 1);
      },
    ),
  );
});

test('a masked URL shows no value of its query, and everything else', () => {
  const part = fc.string({
    unit: fc.constantFrom('a', 'Z', '0', '%', '=', '+', '/', '?', "'", 'é', '[', '•', ' ', '#'),
  });
  fc.assert(
    fc.property(part, fc.array(fc.tuple(part, fc.option(part))), (path, parameters) => {
      const query = parameters
        .map(([name, value]) => (value === null ? name : `${name}=SECRET${value}`))
        .join('&');
      const url = new URL(`https://example.com/${encodeURIComponent(path)}?${query}`);
      url.hash = '';
      const masked = maskUrl(url.href);
      expect(masked).not.toContain('SECRET');
      expect(masked.split('?')[0]).toBe(url.href.split('?')[0]);
      if (url.search === '') return;
      const shown = masked.slice(masked.indexOf('?') + 1).split('&');
      expect(shown).toHaveLength(url.search.split('&').length);
      for (const each of shown) expect(each.endsWith(MASK)).toBe(true);
      expect(maskUrl(masked)).toBe(maskUrl(maskUrl(masked)));
    }),
  );
});

test('an endpoint gets the types that it names, and those below a prefix', () => {
  const name = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'A_1'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('.'));
  const filter = fc.tuple(name, fc.constantFrom('', '.*')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(filter), name, (filters, type) => {
      const wanted = filters.some((each) => {
        const parts = each.split('.');
        const isPrefix = parts.at(-1) === '*';
        const fixed = isPrefix ? parts.slice(0, -1) : parts;
        const given = type.split('.');
        return (
          fixed.every((part, at) => given[at] === part) &&
          (isPrefix ? given.length > fixed.length : given.length === fixed.length)
        );
      });
      expect(isSubscribed(filters, type)).toBe(wanted);
      expect(isSubscribed(null, type)).toBe(true);
    }),
  );
});

describe('a timestamp', () => {
  const two = (most: number) =>
    fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
  const written = fc
    .tuple(
      fc.integer({ min: 0, max: 9999 }).map((year) => String(year).padStart(4, '0')),
      fc.tuple(two(13), two(32)).map((parts) => parts.join('-')),
      fc.tuple(two(24), two(60), two(60)).map((parts) => parts.join(':')),
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,12}$/)),
      fc.oneof(
        fc.constant('Z'),
        fc
          .tuple(fc.constantFrom('+', '-'), two(24), fc.constant(':'), two(60))
          .map((parts) => parts.join('')),
      ),
    )
    .map(([year, day, time, part, offset]) => `${year}-${day}T${time}${part}${offset}`);

  test('that the API takes is a time, the same one to the millisecond when it is written again', () => {
    let taken = 0;
    fc.assert(
      fc.property(written, (text) => {
        if (!emitBody.shape.timestamp.safeParse(text).success) return;
        taken += 1;
        const timeMs = parseTimestampMs(text);
        expect(Number.isInteger(timeMs)).toBe(true);
        if (timeMs < Date.parse('0001-01-01T00:00:00Z') || timeMs > Date.parse('9999-12-31T23:59:59.999Z'))
          return;
        expect(Date.parse(formatTimestamp(timeMs, 'milliseconds'))).toBe(timeMs);
        const inSeconds = formatTimestamp(timeMs, 'seconds');
        expect(inSeconds).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(timeMs - Date.parse(inSeconds)).toBeGreaterThanOrEqual(0);
        expect(timeMs - Date.parse(inSeconds)).toBeLessThan(1_000);
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });
});

describe('ids', () => {
  const kind = fc.constantFrom(...(Object.keys(ID_PREFIXES) as IdKind[]));

  test('a text is an id or it is not, whatever it is', () => {
    const almost = kind
      .chain((each) =>
        fc.tuple(fc.constant(newId(each)), fc.nat(40), fc.string({ unit: 'binary', maxLength: 2 })),
      )
      .map(([id, at, junk]) => id.slice(0, at) + junk + id.slice(at + 1));
    fc.assert(
      fc.property(kind, fc.oneof(anyText, almost), (each, text) => {
        const answer = isId(each, text);
        if (answer) expect(`${ID_PREFIXES[each]}_${idSuffix(text)}`).toBe(text);
        if (answer) expect(Number.isInteger(idTimeMs(text))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the first id of a moment sorts after all earlier ones and before all later ones', () => {
    const moment = fc.integer({ min: 0, max: 2 ** 48 - 2 });
    fc.assert(
      fc.property(kind, moment, moment, (each, one, other) => {
        const [earlier, later] = one < other ? [one, other] : [other, one];
        expect(firstIdAt(each, earlier) <= firstIdAt(each, later)).toBe(true);
        if (earlier < later) expect(firstIdAt(each, earlier) < firstIdAt(each, later)).toBe(true);
        expect(isId(each, firstIdAt(each, one))).toBe(true);
        expect(idTimeMs(firstIdAt(each, one))).toBe(one);
        const made = newId(each);
        expect(firstIdAt(each, idTimeMs(made)) <= made && made < firstIdAt(each, idTimeMs(made) + 1)).toBe(
          true,
        );
      }),
    );
  });

  test('a bound on time that no id can reach is a bound all the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.maxSafeInteger()), (timeMs) => {
        expect(isId('delivery', firstIdAt('delivery', timeMs))).toBe(true);
      }),
    );
  });
});

test('a custom header that is allowed is one that HTTP can carry', () => {
  const name = fc.oneof(
    anyText,
    fc.stringMatching(/^[a-zA-Z-]{1,12}$/),
    fc.constantFrom('__proto__', 'Host', 'WEBHOOK-ID'),
  );
  fc.assert(
    fc.property(name, anyText, (header, value) => {
      if (headerProblem(header, value, []) !== null) return;
      validateHeaderName(header);
      validateHeaderValue(header, value);
      expect(header.toLowerCase()).not.toMatch(/^(host|cookie|authorization|content-.*|webhook-.*)$/);
    }),
    { numRuns: 2_000 },
  );
});

describe('a cursor', () => {
  test('of any text is a place in a list, or refused', () => {
    const base64url = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .map((bytes) => Buffer.from(bytes).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(anyText, base64url), (cursor) => {
        const parsed = pageQuery.safeParse({ cursor });
        if (parsed.success) expect(parsed.data.cursor).toMatch(/^[\x21-\x7e]+$/);
        else expect(parsed.error.issues[0]?.path).toEqual(['cursor']);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of a page leads to the key of its last item', async () => {
    const key = fc.stringMatching(/^[\x21-\x7e]{1,60}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 2, maxLength: 10 }), async (keys) => {
        const limit = keys.length - 1;
        const rows = keys.map((id) => ({ id }));
        const page = await readPage(
          { limit },
          async () => rows,
          ({ id }) => id,
        );
        expect(page.items).toEqual(keys.slice(0, limit));
        expect(pageQuery.parse({ cursor: page.next_cursor }).cursor).toBe(keys[limit - 1]);
      }),
    );
  });
});
