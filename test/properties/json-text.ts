/** A generator of JSON texts as anybody might write them: odd numbers, needless escapes, any white space. */
import fc from 'fast-check';

const space = fc.constantFrom('', '', '', ' ', '\n', '\t \r\n');

const number = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '1e3', '1E+400', '-1e-400', '12345678901234567890123', '0.1e-7'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

/** A character as itself where JSON allows that, or as an escape. */
const character = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('"', '\\', '/', '\0', '\ud800', 'é', '{', '}'),
    ),
    fc.boolean(),
  )
  .map(([value, escaped]) => {
    const escapes = [...Array(value.length).keys()].map(
      (at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`,
    );
    const mustEscape = /["\\\p{Cc}\p{Cs}]/u.test(value) && value !== '\x7f';
    return escaped || mustEscape ? escapes.join('') : value;
  });

const text = fc.array(character, { maxLength: 8 }).map((characters) => `"${characters.join('')}"`);
const list = (items: string[], open: string, close: string, around: string) =>
  `${open}${around}${items.join(`${around},${around}`)}${around}${close}`;

const { value, object } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false'),
    number,
    text,
    fc
      .tuple(fc.array(tie('value') as fc.Arbitrary<string>, { maxLength: 4 }), space)
      .map(([items, around]) => list(items, '[', ']', around)),
    tie('object') as fc.Arbitrary<string>,
  ),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(text, tie('value') as fc.Arbitrary<string>), {
        maxLength: 4,
        selector: ([key]) => JSON.parse(key),
      }),
      space,
    )
    .map(([members, around]) =>
      list(
        members.map(([key, item]) => `${key}${around}:${around}${item}`),
        '{',
        '}',
        around,
      ),
    ),
}));

/** The text of any value, without white space around it. */
export const jsonText = value as fc.Arbitrary<string>;
/** The text of an object. */
export const jsonObjectText = object as fc.Arbitrary<string>;
