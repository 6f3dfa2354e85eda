/** The things that one page hands to the next: a secret that is shown once, and the test under way. They are kept in memory alone. */
import type { Schemas } from '@tidings/client';
import { useEffect, useState } from 'react';

export type Fresh = { secret: string | null; test: Promise<Schemas['Delivery']> | null };

const kept = new Map<string, Fresh>();

export const keepFresh = (endpoint: string, fresh: Fresh): void => void kept.set(endpoint, fresh);

/** What was handed over, once: it is forgotten as soon as the page is there. A page that is only being made may be thrown away. */
export function useFresh(endpoint: string): Fresh | null {
  const [fresh] = useState(() => kept.get(endpoint) ?? null);
  useEffect(() => void kept.delete(endpoint), [endpoint]);
  return fresh;
}
