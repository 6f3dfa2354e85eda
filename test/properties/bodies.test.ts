/** For every `data`, the body of each profile is JSON that holds exactly that data, and the log's curl command sends it again. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { curlCommand } from '../../src/api/curl.ts';
import { MASK } from '../../src/domain/endpoint.ts';
import { PROFILES } from '../../src/profiles/index.ts';
import { jsonObjectText, jsonText } from './json-text.ts';

describe.each(PROFILES)('the profile $name', (profile) => {
  const input = fc.record({
    type: fc.stringMatching(/^[A-Za-z0-9_]{1,9}(\.[A-Za-z0-9_]{1,9}){0,2}$/),
    timestampMs: fc.integer({ min: 0, max: 4e12 }),
    tenantWireId: fc.stringMatching(/^[\x21-\x7e]{1,128}$/),
    data: fc.oneof(jsonObjectText, jsonText),
  });

  test('puts the data into its body as it was written, and finds it again', () => {
    fc.assert(
      fc.property(input, (given) => {
        const value = JSON.parse(given.data);
        if ((profile.dataProblem?.(value) ?? null) !== null) return;
        const { bytes, dataSpan } = profile.render(given);
        const body = JSON.parse(bytes.toString());
        const span = bytes.subarray(...dataSpan);
        expect((profile.dataFromSpan?.(span) ?? span).toString()).toBe(given.data);
        const isFlat = profile.dataFromSpan !== undefined;
        const isBare = dataSpan[0] === 0;
        expect(isBare || isFlat ? body : body.data).toEqual(isFlat ? { event: given.type, ...value } : value);
        const own = profile.renderForDelivery?.(bytes, 'dlv_01jd8v3q4xf5rbn6c3m2z9k7wh');
        if (own === undefined) return;
        expect(JSON.parse(own.toString())).toMatchObject(body);
        expect(own.subarray(...dataSpan).equals(span)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

test('the curl command says to a shell exactly what is sent', () => {
  // A shell has no NUL; what is sent holds none either.
  const argument = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', ' ', '*', '-', '@', '[', '{'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        fc.constantFrom('é', 'ü', '\x80', '\xff', '7', '%'),
      ),
    })
    .map((text) => Buffer.from(text).toString().replaceAll('\0', ''));
  fc.assert(
    fc.property(
      argument,
      fc.array(fc.tuple(fc.stringMatching(/^[a-z-]{1,10}$/), argument), { maxLength: 3 }),
      argument,
      (url, headers, body) => {
        const masked = headers.map(([name]): [string, string] => [name, MASK]);
        const request = { url, headers, maskedHeaders: masked, secretValues: [] };
        const command = curlCommand(request, Buffer.from(body), 'revealed', 'masked');
        const printed = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], {
          encoding: 'latin1',
        });
        const utf8 = (text: string) => Buffer.from(text).toString('latin1');
        // A header goes out with a byte for each character, where that can be; no other can be sent.
        const inBytes = (text: string) => (/[^\0-\xff]|[\r\n]/.test(text) ? utf8(text) : text);
        expect(printed.split('\0')).toEqual([
          ...['-X', 'POST', '--globoff', utf8(url)],
          ...headers.flatMap(([name, value]) => [
            '-H',
            value === '' ? `${name};` : inBytes(`${name}: ${value}`),
          ]),
          ...['--data-binary', utf8(body)],
          '',
        ]);
      },
    ),
    { numRuns: 60 },
  );
});
