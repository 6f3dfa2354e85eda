/** Text of machines as people can read it: control characters made visible, JSON indented. */

// Controls, format characters (what turns the direction of text, what has no width), separators of lines, halves of characters; but not tab,
// line feed, the joiners that scripts and emoji need, and the number signs that have a shape. The same as `src/domain/visible-text.ts`.
const HIDDEN =
  /(?![\t\n\u200c\u200d]|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with control characters as their pictures, or as `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** Deeper lines are indented no further: 16 KiB of brackets would become 130 MB of blanks. */
const DEEPEST_INDENT = 24;

/** Indents JSON without reading its numbers, so that none is changed; `null`: it is no JSON. */
export function formatJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let formatted = '';
  let depth = 0;
  let isAfterOpening = false;
  const lineBreak = () => `\n${'  '.repeat(Math.min(depth, DEEPEST_INDENT))}`;
  for (const token of text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []) {
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth -= 1;
    if (isAfterOpening !== isClosing) formatted += lineBreak();
    isAfterOpening = token === '{' || token === '[';
    if (isAfterOpening) depth += 1;
    formatted += token === ':' ? ': ' : token;
    if (token === ',') formatted += lineBreak();
  }
  return formatted;
}
