/** Labels of the time axis of a chart, and of its intervals, in a language. */

export type Interval = '1m' | '10m' | '1h' | '1d';

export const INTERVAL_MS: Record<Interval, number> = {
  '1m': 60_000,
  '10m': 600_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
};

/** Days are counted in UTC, and shown so; all else in the viewer's zone. @param timeZone default: the viewer's */
export function timeLabelsOf(language: string, interval: Interval, timeZone?: string) {
  const zone = interval === '1d' ? 'UTC' : timeZone;
  const of = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { ...options, ...(zone !== undefined && { timeZone: zone }) });
  const time = of({ hour: 'numeric', minute: '2-digit' });
  const day = of({ day: 'numeric', month: 'short' });
  const hour = new Intl.DateTimeFormat('en', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone !== undefined && { timeZone: zone }),
  });
  const span =
    interval === '1d'
      ? of({ dateStyle: 'full' })
      : of({ weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
  const isMidnight = (at: Date) => {
    const parts = hour.formatToParts(at);
    return parts.every(({ type, value }) => type === 'literal' || value === '00');
  };
  return {
    /** at a tick of the axis */
    axis: (at: Date) => (interval === '1d' || isMidnight(at) ? day.format(at) : time.format(at)),
    /** of a whole interval, from its beginning */
    span: (at: Date) =>
      interval === '1d'
        ? span.format(at)
        : span.formatRange(at, new Date(at.getTime() + INTERVAL_MS[interval])),
  };
}
