/** The raw JSON parser reads a body strictly, and cuts `data` out of it without changing a byte. */
import type { Place, ScanRules } from '../../src/api/body/json-scan.ts';
import { parseRawJson } from '../../src/api/body/raw-json.ts';

const parse = (text: string, ...places: Place[]) => parseRawJson(Buffer.from(text), places);
const refusal = (code: string, status: number) => expect.objectContaining({ code, status });

describe('the raw text of a value', () => {
  test.each([
    '1.0',
    '1e3',
    '1E+3',
    '-0',
    '-0.0e-0',
    '12345678901234567890',
    '0.1000000000000000055511151231257827',
    '"\\u00e9"',
    '"é"',
    '"\\/"',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\"}"',
    '"\u2028\u2029\u007f"',
    'null',
    'true',
    'false',
    '""',
    '{}',
    '[]',
    '{ "b" : 1 , "a" : [ 1.0 , { } ] }',
    '[1.0, [2, {"x": "]"}], "}"]',
    '{"\\u0061":1}',
    '{\r\n\t"a":\r\n1}',
  ])('%s is kept as it was written', (value) => {
    expect(parse(`{"type":"a","data":${value}}`, ['data']).rawAt(['data'])).toBe(value);
    expect(parse(` {"data" : ${value} , "type":"a"}\n`, ['data']).rawAt(['data'])).toBe(value);
  });

  test('is found in each event of a batch', () => {
    const raw = parse(
      '{"events": [{"type":"a","data":{"x": 1.0}}, {"data":[ ], "type":"b"}, {"type":"c"}]}',
      ['events', null],
      ['events', null, 'data'],
    );
    expect(raw.rawAt(['events', 0, 'data'])).toBe('{"x": 1.0}');
    expect(raw.rawAt(['events', 1, 'data'])).toBe('[ ]');
    expect(raw.rawAt(['events', 1])).toBe('{"data":[ ], "type":"b"}');
    expect(raw.rawAt(['events', 2, 'data'])).toBeUndefined();
    expect(raw.rawAt(['events', 3])).toBeUndefined();
  });

  test('is that of the member itself, not of one of the same name inside another', () => {
    const raw = parse('{"meta":{"data":1},"data":{"data":2},"list":[{"data":3}]}', ['data']);
    expect(raw.rawAt(['data'])).toBe('{"data":2}');
  });

  test('does not confuse keys that look like paths or numbers', () => {
    const text = '{"0":"zero","a.b":"dots","a\\"]":"quote","a":{"b":"nested"}}';
    const raw = parse(text, ['0'], [null], ['a.b'], ['a"]'], ['a', 'b']);
    expect(raw.rawAt(['0'])).toBe('"zero"');
    expect(raw.rawAt([0])).toBeUndefined();
    expect(raw.rawAt(['a.b'])).toBe('"dots"');
    expect(raw.rawAt(['a"]'])).toBe('"quote"');
    expect(raw.rawAt(['a', 'b'])).toBe('"nested"');
  });

  test('is kept of the places that were asked for, and of no others', () => {
    const text = '{"a":{"b":1},"c":[2,3]}';
    expect(parse(text, ['a', 'b']).rawAt(['a', 'b'])).toBe('1');
    expect(parse(text, ['a', 'b']).rawAt(['a'])).toBeUndefined();
    expect(parse(text, ['a']).rawAt(['a', 'b'])).toBeUndefined();
    expect(parse(text, ['c', null]).rawAt(['c', 1])).toBe('3');
    expect(parse(text, ['c', null]).rawAt(['a', 'b'])).toBeUndefined();
  });

  test('comes with the value that JSON.parse gives', () => {
    const text = '{"a":[1.0,"\\u00e9",null],"b":{"c":true}}';
    expect(parse(text)).toMatchObject({ value: JSON.parse(text), text });
  });

  test('survives a long text beyond ASCII before it', () => {
    const text = `{"a":"${'🎉é'.repeat(10_000)}","data":{"x": "日本"}}`;
    expect(parse(text, ['data']).rawAt(['data'])).toBe('{"x": "日本"}');
  });
});

describe('a key that comes twice in one object is refused', () => {
  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"data":{"a":1,"a":2}}',
    '{"data":{"x":[{"y":{"a":1,"a":2}}]}}',
    '[{"a":1,"a":2}]',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"\\u0061":2}',
    '{"é":1,"\\u00e9":2}',
    '{"\\/":1,"/":2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"a":1},"a":2}',
  ])('%s', (text) => {
    expect(() => parse(text)).toThrow(refusal('duplicate_key', 422));
  });

  test.each([
    '{"a":{"a":1}}',
    '[{"a":1},{"a":2}]',
    '{"a":1,"A":2}',
    '{"x":{"a":1},"y":{"a":1}}',
    '{"é":1,"e\\u0301":2}',
    '{"constructor":1,"toString":2,"__proto__":3}',
  ])('%s has no key twice in one object, and is read', (text) => {
    expect(parse(text).value).toEqual(JSON.parse(text));
  });

  test('the refusal names the key and its place', () => {
    expect(() => parse('{\n  "a": 1,\n  "a": 2\n}')).toThrow(/"a".*line 3, column 3/);
  });
});

describe('what is not JSON is refused', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['a line comment', '{"a":1} // note'],
    ['a block comment', '{/* note */"a":1}'],
    ['a comma after the last member', '{"a":1,}'],
    ['a comma after the last element', '[1,]'],
    ['a missing end', '{"a":1'],
    ['more after the end', '{"a":1}{}'],
    ['single quotes', "{'a':1}"],
    ['a key without quotes', '{a:1}'],
    ['NaN', '{"a":NaN}'],
    ['a leading zero', '{"a":01}'],
    ['a leading plus', '{"a":+1}'],
    ['a number without an end', '{"a":1.}'],
    ['a raw line end in a string', '{"a":"x\ny"}'],
    ['a raw NUL in a string', '{"a":"\0"}'],
    ['half an escape', '{"a":"\\u12"}'],
    ['a no-break space', '{\u00a0"a":1}'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['a hundred thousand open brackets', '['.repeat(100_000)],
    ['a hundred thousand open objects', '{"a":'.repeat(100_000)],
  ])('%s', (_what, text) => {
    expect(() => parse(text)).toThrow(refusal('invalid_json', 400));
  });
});

describe('nesting', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  test('of 200 levels is read', () => {
    expect(parse(nested(200), []).rawAt([])).toBe(nested(200));
  });

  test.each([
    ['201 arrays', nested(201)],
    ['100,000 arrays', nested(100_000)],
    ['5,000 objects', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`],
  ])('of %s is refused', (_what, text) => {
    expect(() => parse(text)).toThrow(refusal('validation_failed', 422));
  });
});

describe('bytes that are not UTF-8 are refused', () => {
  test.each([
    ['Latin-1', Buffer.from('{"a":"é"}', 'latin1')],
    ['a character cut in half', Buffer.from('{"a":"é"}').subarray(0, 7)],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a stray 0xff', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s', (_what, bytes) => {
    expect(() => parseRawJson(bytes, [])).toThrow(refusal('invalid_encoding', 400));
  });
});

describe('what is too much is noticed while it is read', () => {
  const place: Place = ['data'];
  const read = (text: string, rules: ScanRules) => () => parseRawJson(Buffer.from(text), [place], rules);
  const items: Place = ['events'];

  test.each<[string, string, ScanRules, string]>([
    [
      'items',
      `{"events":[${'1,'.repeat(5)}1]}`,
      { mostItems: [{ place: items, most: 5 }] },
      'validation_failed',
    ],
    [
      'items, before anything else is wrong',
      `{"events":[${'{},'.repeat(5)}nothing`,
      { mostItems: [{ place: items, most: 5 }] },
      'validation_failed',
    ],
    ['values', `[${'1,'.repeat(20_000)}1]`, {}, 'validation_failed'],
    ['text', `{"pad":"${'x'.repeat(1024 * 1024)}"}`, {}, 'payload_too_large'],
    ['text in one key', `{"${'x'.repeat(1024 * 1024)}":1}`, {}, 'payload_too_large'],
    [
      'data in one string',
      `{"data":"${'x'.repeat(99)}"}`,
      { opaque: [place], mostOpaqueBytes: 100 },
      'payload_too_large',
    ],
    [
      'data in one number',
      `{"data":${'1'.repeat(101)}}`,
      { opaque: [place], mostOpaqueBytes: 100 },
      'payload_too_large',
    ],
    [
      'data in many values',
      `{"data":[${'1,'.repeat(50)}1]}`,
      { opaque: [place], mostOpaqueBytes: 100 },
      'payload_too_large',
    ],
  ])('%s', (_what, text, rules, code) => {
    expect(read(text, rules)).toThrow(expect.objectContaining({ code }));
  });

  test.each<[string, string, ScanRules]>([
    [
      'items',
      `{"events":[${'1,'.repeat(4)}1],"other":[${'1,'.repeat(9)}1]}`,
      { mostItems: [{ place: items, most: 5 }] },
    ],
    ['values', `[${'1,'.repeat(19_998)}1]`, {}],
    ['data in one string', `{"data":"${'x'.repeat(98)}"}`, { opaque: [place], mostOpaqueBytes: 100 }],
    ['data in one number', `{"data":${'1'.repeat(100)}}`, { opaque: [place], mostOpaqueBytes: 100 }],
    ['values in the data, and text', `{"data":[${'1,'.repeat(600_000)}1]}`, { opaque: [place] }],
  ])('exactly the limit is read: %s', (_what, text, rules) => {
    expect(read(text, rules)).not.toThrow();
  });
});

test.each<[string, string | null]>([
  ['{"a":{"b":[1,{"__proto__":1}]}}', 'a.b.1.__proto__'],
  ['{"events":[{"data":{},"\\u005f_proto__":1}]}', 'events.0.__proto__'],
  ['{"events":[{"data":{"__proto__":1}}],"b":"__proto__"}', null],
])('a field called __proto__ is found outside the data: %s', (text, protoAt) => {
  const place: Place = ['events', null, 'data'];
  expect(parseRawJson(Buffer.from(text), [place], { opaque: [place] }).protoAt).toBe(protoAt);
});
