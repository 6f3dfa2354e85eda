/** Text of machines as people can read it: control characters made visible, JSON indented. */

/** C0 but tab and line feed, DEL, C1, and what turns the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with control characters as their pictures, or as `<U+202E>`. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
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
