/** Numbers, dates and durations in the viewer's language and zone. */
import { usePreferences } from './preferences.tsx';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Largest first: the unit of a relative time is the first that fits. */
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
];

export type Format = ReturnType<typeof formatOf>;

/** The formats of a language. */
export function formatOf(language: string) {
  const number = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' });
  const dayAndTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const clock = new Intl.DateTimeFormat(language, {
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const unit = (name: string, maximumFractionDigits: number, unitDisplay: 'short' | 'long' = 'short') =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay,
      maximumFractionDigits,
    });
  const tenths = unit('millisecond', 1);
  const [ms, s, min, h, d, byte, kb, mb] = [
    unit('millisecond', 0),
    unit('second', 1),
    unit('minute', 0),
    unit('hour', 0),
    unit('day', 0),
    // English has no short form that counts: it would say "35 byte".
    unit('byte', 0, 'long'),
    unit('kilobyte', 1),
    unit('megabyte', 1),
  ] as const;

  return {
    number: (value: number) => number.format(value),
    compact: (value: number) => compact.format(value),
    percent: (share: number) => percent.format(share),
    /** with the seconds and the zone */
    exact: (at: string | Date) => exact.format(new Date(at)),
    dayAndTime: (at: string | Date) => dayAndTime.format(new Date(at)),
    clock: (at: string | Date) => clock.format(new Date(at)),
    day: (at: string | Date) => day.format(new Date(at)),
    /** like "5 minutes ago", "in 2 hours" */
    relative(at: string | Date, nowMs: number): string {
      const difference = new Date(at).getTime() - nowMs;
      const [name, size] = UNITS.find(([, length]) => Math.abs(difference) >= length) ?? ['second', SECOND];
      return relative.format(Math.trunc(difference / size), name);
    },
    /** in two units at most, like "2 hr 5 min" */
    duration(milliseconds: number): string {
      if (milliseconds < SECOND) return ms.format(milliseconds);
      if (milliseconds < MINUTE) return s.format(milliseconds / SECOND);
      const whole = Math.round(milliseconds / SECOND) * SECOND;
      const parts = [
        [d, Math.floor(whole / DAY)],
        [h, Math.floor((whole % DAY) / HOUR)],
        [min, Math.floor((whole % HOUR) / MINUTE)],
        [s, (whole % MINUTE) / SECOND],
      ] as const;
      const first = parts.findIndex(([, value]) => value > 0);
      return parts
        .slice(first, first + 2)
        .filter(([, value]) => value > 0)
        .map(([format, value]) => format.format(value))
        .join(' ');
    },
    /** a duration so short that a tenth of a millisecond tells something */
    milliseconds: (value: number) => tenths.format(value),
    /** 1 kB = 1,000 bytes */
    bytes(count: number): string {
      if (count < 1_000) return byte.format(count);
      return count < 1_000_000 ? kb.format(count / 1_000) : mb.format(count / 1_000_000);
    },
  };
}

/** Made once a language: a list whose every row made sixteen of Intl's would not scroll smoothly. */
const made = new Map<string, Format>();

/** The formats of the viewer's language. */
export function useFormat(): Format {
  const { language } = usePreferences();
  const known = made.get(language);
  if (known !== undefined) return known;
  const format = formatOf(language);
  made.set(language, format);
  return format;
}
