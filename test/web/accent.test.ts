/** Accents of themes: whatever colour is given, what the pages use can be read. */
import fc from 'fast-check';
import { accentsOf, contrast } from '../../web/src/context/accent.ts';

const colour = fc
  .tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 })))
  .map((parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`);

test('an accent is corrected until it has the contrast of WCAG on every surface', () => {
  fc.assert(
    fc.property(colour, (accent) => {
      const { light, dark } = accentsOf(accent);
      for (const surface of ['#ffffff', '#f7f7f4'])
        expect(contrast(light, surface)).toBeGreaterThanOrEqual(4.5);
      for (const surface of ['#191c1e', '#111314', '#212528'])
        expect(contrast(dark, surface)).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

test.each([
  ['#0b6e63', 'light'],
  ['#fff', 'dark'],
  ['#FFEE00', 'dark'],
] as const)('%s can be read on %s surfaces as it is, and stays', (accent, mode) => {
  expect(accentsOf(accent)[mode]).toBe(accent === '#fff' ? '#ffffff' : accent.toLowerCase());
});

test('the contrast of black and white is 21', () => {
  expect(contrast('#000', '#ffffff')).toBeCloseTo(21);
});
