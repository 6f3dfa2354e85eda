/** Whether the window is as wide as a page needs to show two things side by side. */
import { useCallback, useSyncExternalStore } from 'react';

/** @param width such as `64rem` */
export function useIsWide(width: string): boolean {
  const query = `(min-width: ${width})`;
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
