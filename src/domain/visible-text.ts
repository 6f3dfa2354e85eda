/** Text from outside as it may be shown to people: nothing in it can move a cursor, turn lines around or hide. */

// Everything that steers instead of showing: controls (C0, DEL, C1), format characters (bidi controls, zero-width ones, tags), line and
// paragraph separators, halves of surrogate pairs. Left are the joiners that scripts and emoji need, and the Arabic, Syriac and
// Kaithi number signs, which are format characters with a shape.
const STEERING =
  /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes visible what would steer a terminal, a log or a mail: `\n`, `\r` and `\t` are written so, all others as `\u001b`, in
 * UTF-16 code units. In the text of a JSON string these are escapes that mean the same, so a line of JSON stays that JSON.
 * The result is a single line.
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

/** The same for a text of several lines, which stay lines. */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visibleText).join('\n');
}
