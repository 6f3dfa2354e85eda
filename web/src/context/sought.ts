/** Text that somebody pastes to find something: an id in quotes, or the address of one of these pages. */

const ID = /\b(?:ten|ep|evt|dlv|opev|op|key|ses|prt)_[0-9a-z]{26}\b/g;

/** @param origin of these pages: the last id in one of their addresses is what is sought; any other address is sought itself */
export function soughtIn(text: string, origin: string): string {
  const bare = text.trim().replace(/^["'`<(]+|["'`>),;]+$/g, '');
  if (!bare.startsWith(`${origin}/`)) return bare;
  return bare.match(ID)?.at(-1) ?? bare;
}
