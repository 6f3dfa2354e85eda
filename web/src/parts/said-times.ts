/** Times in sentences of the API, found so that they can be shown as people read them. */

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The text in pieces, in order: what is a time, and what is not. */
export function piecesOf(text: string): { text: string; isTime: boolean }[] {
  const pieces: { text: string; isTime: boolean }[] = [];
  let from = 0;
  for (const match of text.matchAll(TIME)) {
    if (Number.isNaN(Date.parse(match[0]))) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), isTime: false });
    pieces.push({ text: match[0], isTime: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isTime: false });
  return pieces;
}
