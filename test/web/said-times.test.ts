/** Sentences of the API lose nothing when their times are shown otherwise. */
import fc from 'fast-check';
import { piecesOf } from '../../web/src/parts/said-times.ts';

const times = (text: string) => piecesOf(text).flatMap(({ text, isTime }) => (isTime ? [text] : []));

test.each([
  ['Nothing.', []],
  ['', []],
  ['Disabled since 2026-03-01T10:00:00.000Z on request.', ['2026-03-01T10:00:00.000Z']],
  ['2026-03-01T10:00:00Z', ['2026-03-01T10:00:00Z']],
  ['2026-99-01T10:00:00Z is none', []],
  [
    'From 2026-03-01T10:00:00Z to 2026-03-02T10:00:00.5Z.',
    ['2026-03-01T10:00:00Z', '2026-03-02T10:00:00.5Z'],
  ],
])('%j has the times %j', (text, found) => {
  expect(times(text)).toEqual(found);
  expect(
    piecesOf(text)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(text);
});

test('whatever stands in it, the pieces are the text', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
  );
  fc.assert(
    fc.property(fc.array(piece), (parts) => {
      const text = parts.join('');
      expect(
        piecesOf(text)
          .map((each) => each.text)
          .join(''),
      ).toBe(text);
    }),
  );
});
