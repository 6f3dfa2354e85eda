/** State that stands in the address, so that a link shows the same to somebody else and the way back leads to it. */
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/**
 * One parameter of the address. Setting it replaces the entry of the history, because nobody goes back through each letter of a search.
 * @returns the value, '' where there is none, and what sets it; '' removes it
 */
export function useParam(name: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now);
          if (value === '') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [name, setParams],
  );
  return [params.get(name) ?? '', set];
}

/** A parameter that has one of some values. What somebody typed into the address that is none of them counts as the first. */
export function useChoiceParam<Value extends string>(
  name: string,
  values: readonly [Value, ...Value[]],
): [Value, (value: Value) => void] {
  const [given, set] = useParam(name);
  const value = values.find((each) => each === given) ?? values[0];
  return [value, (next) => set(next === values[0] ? '' : next)];
}
