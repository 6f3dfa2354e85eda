/**
 * Dials several addresses of one host as RFC 8305 ("Happy Eyeballs") describes: the next dial begins when the one before has failed or
 * is slow, and the first that connects is taken.
 */
import type { TriedAddress } from './route.ts';

export type Dialled<Opened> = { opened: Opened; address: string; others: TriedAddress[] };

/** No address was reached. `errors` are in the order in which they came. */
export class UnreachableError extends Error {
  readonly others: TriedAddress[];
  readonly errors: unknown[];
  constructor(others: TriedAddress[], errors: unknown[]) {
    super('no address was reached');
    this.others = others;
    this.errors = errors;
  }
}

type Dial<Opened> = (
  address: string,
  signal: AbortSignal,
  /** to be called when the address has accepted the connection and only the handshake is left */
  accepted: () => void,
) => Promise<Opened>;

/** RFC 8305 section 8: the recommended and the least permitted delay. */
const ATTEMPT_DELAY_MS = 250;
const MIN_ATTEMPT_DELAY_MS = 10;
/** The delay after an address has accepted: a slow handshake is no reason to begin a second one. */
const HANDSHAKE_DELAY_MS = 2_000;

/**
 * @param addresses in the order of preference
 * @param options.leftMs for all addresses together; the delays shrink so that the last one gets its turn within it
 * @param options.close closes a connection that was opened but not taken
 * @throws UnreachableError when every address has failed, or the signal has ended the wait
 */
// Long because every callback of the race shares its state.
export function dialInTurn<Opened>(
  addresses: readonly string[],
  dial: Dial<Opened>,
  options: { signal: AbortSignal; leftMs: number; close: (opened: Opened) => void },
): Promise<Dialled<Opened>> {
  const share = options.leftMs / (addresses.length + 1);
  const attemptDelayMs = Math.max(MIN_ATTEMPT_DELAY_MS, Math.min(ATTEMPT_DELAY_MS, share));
  const handshakeDelayMs = Math.max(attemptDelayMs, Math.min(HANDSHAKE_DELAY_MS, share));
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const tried: TriedAddress[] = [];
    const errors: unknown[] = [];
    let begun = 0;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;

    const end = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      options.signal.removeEventListener('abort', giveUp);
      act();
      stop.abort(options.signal.reason);
    };
    const giveUp = () => end(() => reject(new UnreachableError(tried, [options.signal.reason])));
    const waitForNext = (ms: number) => {
      clearTimeout(timer);
      if (begun < addresses.length) timer = setTimeout(beginNext, ms);
    };
    const failed = (entry: TriedAddress, error: unknown) => {
      if (isOver) return;
      entry.error = inShort(error);
      errors.push(error);
      if (begun < addresses.length) beginNext();
      else if (errors.length === begun) end(() => reject(new UnreachableError(tried, errors)));
    };
    function beginNext(): void {
      const address = addresses[begun] as string;
      const entry = { address, error: 'no answer yet' };
      begun += 1;
      tried.push(entry);
      waitForNext(attemptDelayMs);
      const isLast = () => tried.at(-1) === entry;
      const accepted = () => {
        if (!isOver && isLast()) waitForNext(handshakeDelayMs);
      };
      dial(address, stop.signal, accepted).then(
        (opened) => {
          if (isOver) options.close(opened);
          else end(() => resolve({ opened, address, others: tried.filter((each) => each !== entry) }));
        },
        (error) => failed(entry, error),
      );
    }

    if (addresses.length === 0) reject(new UnreachableError([], []));
    else if (options.signal.aborted) giveUp();
    else {
      options.signal.addEventListener('abort', giveUp, { once: true });
      beginNext();
    }
  });
}

/**
 * The addresses in the order of RFC 8305 section 4: the families take turns, beginning with that of the first answer.
 * No address twice, and at most `MAX_ADDRESSES`: a name with a thousand addresses must not make us knock a thousand times.
 */
export function inTurn(answers: readonly { address: string; family: number }[]): string[] {
  const first = answers[0]?.family;
  const ofFirst = answers.filter(({ family }) => family === first);
  const ofOther = answers.filter(({ family }) => family !== first);
  const mixed = Array.from({ length: Math.max(ofFirst.length, ofOther.length) }, (_, at) => [
    ofFirst[at],
    ofOther[at],
  ]);
  const addresses = mixed.flat().flatMap((answer) => answer?.address ?? []);
  return [...new Set(addresses)].slice(0, MAX_ADDRESSES);
}

const MAX_ADDRESSES = 16;

function inShort(error: unknown): string {
  const { code, message, name } = error as Error & { code?: unknown };
  // System codes are in capitals. Our own codes are not, and their messages say more.
  if (typeof code === 'string' && code === code.toUpperCase()) return code;
  return message || name;
}
