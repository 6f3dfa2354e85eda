/** Labels of the time axis: local times, and days in UTC, in which they are counted. */
import { timeLabelsOf } from '../../web/src/parts/chart/time-labels.ts';

const at = (iso: string) => new Date(iso);
const plain = (text: string) => text.replace(/[\u202f\u2009]/g, ' ');

test.each([
  ['10m', 'UTC', '2026-11-27T14:30:00Z', '2:30 PM'],
  ['10m', 'UTC', '2026-11-27T00:00:00Z', 'Nov 27'],
  ['10m', 'Asia/Kolkata', '2026-11-26T18:30:00Z', 'Nov 27'],
  ['1d', 'America/Los_Angeles', '2026-11-27T00:00:00Z', 'Nov 27'],
] as const)('a tick of %s in %s at %s is %s', (interval, zone, iso, label) =>
  expect(plain(timeLabelsOf('en', interval, zone).axis(at(iso)))).toBe(label),
);

test.each([
  ['10m', '2026-11-27T14:30:00Z', 'Fri, Nov 27, 2:30 – 2:40 PM'],
  ['1d', '2026-11-27T00:00:00Z', 'Friday, November 27, 2026'],
] as const)('the interval of %s from %s is %s', (interval, iso, label) =>
  expect(plain(timeLabelsOf('en', interval, 'UTC').span(at(iso)))).toBe(label),
);
