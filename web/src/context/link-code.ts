/** The single-use code in a link's fragment, which no server sees. */

/** Takes the code out of the address, so that neither history nor a reload keeps it. @returns `null`: there is none */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code === null) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return code;
}
