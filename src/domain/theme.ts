/** The rule of which logo a portal session may show. */

/** Most characters of the data URL (1 kB = 1,000). */
export const MAX_LOGO_CHARACTERS = 64_000;

/** Images that hold pixels alone, with the bytes (in hex) that each begins with. SVG is left out: a document, which may hold scripts. */
const IMAGES = new Map(
  Object.entries({
    'image/png': /^89504e470d0a1a0a/,
    'image/jpeg': /^ffd8ff/,
    'image/gif': /^47494638(37|39)61/,
    'image/webp': /^52494646.{8}57454250/,
  }),
);
const FIRST_BYTES = 12;

export const LOGO_TYPES = [...IMAGES.keys()];

/** What is wrong with a logo; `null`: nothing. */
export function logoProblem(url: string): string | null {
  if (url.length > MAX_LOGO_CHARACTERS) return `may have ${MAX_LOGO_CHARACTERS} characters`;
  const [, type = '', data = ''] = /^data:([a-z/]+);base64,([A-Za-z0-9+/]+={0,2})$/.exec(url) ?? [];
  const first = Buffer.from(data.slice(0, 2 * FIRST_BYTES), 'base64').toString('hex');
  if (IMAGES.get(type)?.test(first)) return null;
  return `must be data:<type>;base64,<data> with an image of one of the types ${LOGO_TYPES.join(', ')}`;
}
