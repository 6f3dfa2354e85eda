/** The map of JSON text agrees with JSON.parse about what is JSON, and finds each value where it stands. */
import fc from 'fast-check';
import { mapJson, memberText, placeOf, spanOf } from '../../web/src/parts/json-map.ts';
import { formatJson } from '../../web/src/parts/machine-text.ts';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('what JSON.parse takes, it takes, however it is spaced', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      expect(mapJson(JSON.stringify(value, null, space)).problem).toBeNull();
    }),
  );
});

test('of broken text, it says so just where JSON.parse does', () => {
  const pieces = fc.constantFrom(
    ...'{}[],:" \n0-.e1"a\\'.split(''),
    '"a"',
    'true',
    'nul',
    '1.5',
    '\u0000',
    '\\u00e9',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect([text, mapJson(text).problem === null]).toEqual([text, isJson(text)]);
    }),
    { numRuns: 3_000 },
  );
});

test('each value is found by its path, and what is not there by what is around it', () => {
  const text = '{"user": {"emails": ["a", {"at": 12345678901234567890}]},\n "n": 1.10}';
  const map = mapJson(text);
  const at = (path: string) => {
    const span = spanOf(map, path);
    return span && text.slice(span.start, span.end);
  };
  expect(at('user.emails.1.at')).toBe('12345678901234567890');
  expect(at('user.emails.0')).toBe('"a"');
  expect(at('user.name')).toBe('{"emails": ["a", {"at": 12345678901234567890}]}');
  expect(at('n')).toBe('1.10');
  expect(at('')).toBe(text);
  expect(placeOf(text, spanOf(map, 'n')?.start ?? 0)).toEqual({ line: 2, column: 7 });
});

test.each([
  ['{"a" 1}', 5, 'colon'],
  ['{"a": 1 "b": 2}', 8, 'comma-or-end'],
  ['{"a": 1,}', 8, 'name'],
  ['[1,]', 3, 'value'],
  ['{"a": "x\ny"}', 6, 'string'],
  ['1 2', 2, 'end'],
  ['', 0, 'value'],
  ['{"a": 01}', 6, 'value'],
])('%j breaks off at %i, where it expects a %s', (text, offset, expected) => {
  expect(mapJson(text).problem).toEqual({ offset, expected });
});

test('a member of an answer keeps its bytes', () => {
  expect(memberText('{"id":"e","data":{"n":90071992547409931.50,"s":"\\u0000"}}', 'data')).toBe(
    '{"n":90071992547409931.50,"s":"\\u0000"}',
  );
  expect(memberText('{"id":"e"}', 'data')).toBeNull();
});

test('brackets as deep as a body is long are mapped and formatted, and stay short', () => {
  const deep = '['.repeat(8_000) + ']'.repeat(8_000);
  expect(mapJson(deep).problem).toBeNull();
  expect((formatJson(deep) ?? '').length).toBeLessThan(1_000_000);
});

test('formatting changes no number and no text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(JSON.parse(formatJson(text) ?? '')).toEqual(JSON.parse(text));
    }),
  );
  expect(formatJson('[12345678901234567890,1.0,-0e+5]')).toBe(
    '[\n  12345678901234567890,\n  1.0,\n  -0e+5\n]',
  );
});
