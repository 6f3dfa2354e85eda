/** A text to search for in time that is linear in both texts, whatever they are: the tenant chooses the one, the receiver the other. */
export type Form = {
  text: string;
  /** as `String.indexOf` */
  indexIn(text: string, from: number): number;
  /** the length of the longest beginning of the form that the text ends with */
  beginningAtEndOf(text: string): number;
};

/** Below this product of lengths the engine's own search is quick even where it compares everything with everything. */
const MAX_NAIVE = 250_000;
/** A form whose beginnings return in it for no longer than this is left soon by the engine's search wherever it does not match. */
const MAX_REPEATED = 64;

export function formOf(text: string): Form {
  let table: Int32Array | undefined;
  let isRepetitive: boolean | undefined;
  /** the number of characters of the form that match up to and including `character`, after `matched` of them did */
  const step = (matched: number, character: string): number => {
    table ??= failuresOf(text);
    let length = matched;
    if (length === text.length) length = table[length - 1] ?? 0;
    while (length > 0 && text[length] !== character) length = table[length - 1] ?? 0;
    return text[length] === character ? length + 1 : 0;
  };
  return {
    text,
    indexIn(searched, from) {
      if ((searched.length - from) * text.length <= MAX_NAIVE) return searched.indexOf(text, from);
      table ??= failuresOf(text);
      isRepetitive ??= table.some((length) => length > MAX_REPEATED);
      if (!isRepetitive) return searched.indexOf(text, from);
      for (let at = from, matched = 0; at < searched.length; at += 1) {
        matched = step(matched, searched[at] as string);
        if (matched === text.length) return at - text.length + 1;
      }
      return -1;
    },
    beginningAtEndOf(searched) {
      let matched = 0;
      for (let at = Math.max(0, searched.length - text.length); at < searched.length; at += 1)
        matched = step(matched, searched[at] as string);
      return matched;
    },
  };
}

/** Knuth, Morris, Pratt: for each beginning of the text, the length of its longest proper beginning that is also its end. */
function failuresOf(text: string): Int32Array {
  const failures = new Int32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at += 1) {
    while (length > 0 && text[at] !== text[length]) length = failures[length - 1] as number;
    if (text[at] === text[length]) length += 1;
    failures[at] = length;
  }
  return failures;
}
