/** Accents that can be read: a given colour, corrected until its contrast is enough. */

/** WCAG 2.2: text needs 4.5 : 1. */
const CONTRAST = 4.5;
const LIGHT_SURFACES = ['#ffffff', '#f7f7f4'];
const DARK_SURFACES = ['#191c1e', '#111314', '#212528'];
const STEP = 0.02;

type Rgb = [number, number, number];

function parse(colour: string): Rgb {
  const hex = colour.slice(1);
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as Rgb;
}

const format = (colour: Rgb) =>
  `#${colour.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;

/** The relative luminance of WCAG 2.2. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [lower = 0, higher = 0] = [luminance(parse(one)), luminance(parse(other))].toSorted((a, b) => a - b);
  return (higher + 0.05) / (lower + 0.05);
}

/** The part of the accent in the ground of what is chosen: `--accent-soft`, and a little more, since browsers mix otherwise. */
const SOFT = 0.14;

const mix = (from: Rgb, to: Rgb, share: number) =>
  from.map((value, i) => value + ((to[i] ?? 0) - value) * share) as Rgb;

/** The nearest colour towards `target` that can be read on every surface, and on the surface tinted with itself. */
function readable(accent: string, surfaces: readonly string[], target: Rgb): string {
  const from = parse(accent);
  for (let share = 0; share < 1; share += STEP) {
    const mixed = mix(from, target, share);
    const grounds = surfaces.flatMap((surface) => [surface, format(mix(parse(surface), mixed, SOFT))]);
    if (grounds.every((ground) => contrast(format(mixed), ground) >= CONTRAST)) return format(mixed);
  }
  return format(target);
}

/** An accent for light and one for dark surfaces, each the nearest to the given that can be read there. */
export const accentsOf = (accent: string) => ({
  light: readable(accent, LIGHT_SURFACES, [0, 0, 0]),
  dark: readable(accent, DARK_SURFACES, [255, 255, 255]),
});
