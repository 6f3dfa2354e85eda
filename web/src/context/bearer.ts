/** The bearer of a portal session: in memory, and in this tab's storage where the browser allows it, so that a reload finds it. */

const NAME = 'tidings-portal';

export type Bearer = { get(): string | null; set(value: string | null): void };

export function createBearer(): Bearer {
  let current: string | null = null;
  try {
    current = sessionStorage.getItem(NAME);
  } catch {
    // A frame may have no storage: the bearer lasts as long as the page.
  }
  return {
    get: () => current,
    set(value) {
      current = value;
      try {
        if (value === null) sessionStorage.removeItem(NAME);
        else sessionStorage.setItem(NAME, value);
      } catch {
        // As above.
      }
    },
  };
}
