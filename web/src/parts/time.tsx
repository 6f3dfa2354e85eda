/** Times: relative to now, with the exact one on hover and for machines. */
import { useNow } from '../context/clock.ts';
import { useFormat } from '../context/format.ts';
import { useTexts } from '../texts/index.ts';

/** @param at ISO 8601; `null`: there is none */
export function Time({ at, pace = 'slow' }: { at: string | null; pace?: 'slow' | 'fast' }) {
  const format = useFormat();
  const { common } = useTexts();
  const nowMs = useNow(pace);
  if (at === null) return <span className="muted">{common.never}</span>;
  return (
    <time dateTime={at} title={format.exact(at)}>
      {format.relative(at, nowMs)}
    </time>
  );
}

/** The exact time, in the viewer's zone. */
export function ExactTime({ at }: { at: string }) {
  const format = useFormat();
  return (
    <time dateTime={at} title={at}>
      {format.exact(at)}
    </time>
  );
}

/** Counts down to a time; once it has come: "now". */
export function Countdown({ to }: { to: string }) {
  const format = useFormat();
  const { common } = useTexts();
  const leftMs = new Date(to).getTime() - useNow('fast');
  return (
    <time dateTime={to} title={format.exact(to)}>
      {leftMs < 1_000 ? common.now : common.inTime(format.duration(Math.round(leftMs / 1_000) * 1_000))}
    </time>
  );
}
