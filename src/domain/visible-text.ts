/** Makes text from outside safe to show to people: no character in it can move a cursor, reverse a line or hide. */

// Characters that steer a display instead of being shown: controls (C0, DEL, C1), format characters (bidi controls, zero-width ones,
// tags), line and paragraph separators, halves of surrogate pairs. The joiners that scripts and emoji need are not among them, nor are
// the Arabic, Syriac and Kaithi number signs, which are format characters with a shape.
const STEERING =
  /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Escapes characters that would steer a terminal, a log or a mail: `\n`, `\r` and `\t` as written here, all others as UTF-16 code units
 * like `\u001b`. JSON gives these escapes the same meaning, so a line of JSON stays the same JSON. The result is a single line.
 */
export function visibleText(text: string): string {
  return text.replace(STEERING, (character) => SHORT[character] ?? escaped(character));
}

function escaped(character: string): string {
  let units = '';
  for (let at = 0; at < character.length; at += 1) {
    units += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return units;
}

/** Does the same for a text of several lines, and keeps the lines. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visibleText).join('\n');
}
