/** The results as one picture: speed, latency and CPU of every scenario, side by side. SVG by hand; it needs no library. */
import { cpuByProcess, type Row } from './report.ts';

const ROW = 30;
const LABEL = 120;
const PANEL = 300;
const GAP = 40;
const TOP = 60;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';
const INK = '#1f2933';
const FAINT = '#9aa5b1';
const SERVICE = '#2563eb';
const COLOURS: Record<string, string> = {
  serve: SERVICE,
  api: SERVICE,
  worker: '#60a5fa',
  Temporal: '#9333ea',
  PostgreSQL: '#0d9488',
};

/** @returns an SVG document */
export function plot(rows: readonly Row[]): string {
  const panels = [speed, latency, cpu];
  const width = LABEL + panels.length * (PANEL + GAP);
  const height = TOP + rows.length * ROW + 20;
  const names = rows.map((row, at) => text(LABEL - 10, middle(at), row.name, 'end'));
  const drawn = panels.map((panel, at) => {
    const x = LABEL + at * (PANEL + GAP);
    return `<g transform="translate(${x} 0)">${panel(rows).join('')}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${FONT}>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...names,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

const middle = (at: number) => TOP + at * ROW + ROW / 2;

function speed(rows: readonly Row[]): string[] {
  const most = Math.max(
    1,
    ...rows.map(({ acceptedPerS, deliveredPerS }) =>
      Math.max(acceptedPerS?.most ?? 0, deliveredPerS?.most ?? 0),
    ),
  );
  const to = (value: number) => (value / most) * (PANEL - 50);
  return [
    title('a second: delivered, and accepted (thin)'),
    ...rows.flatMap(({ acceptedPerS, deliveredPerS }, at) => [
      deliveredPerS && bar(0, middle(at) - 8, to(deliveredPerS.median), 11, SERVICE),
      deliveredPerS && whisker(to(deliveredPerS.least), to(deliveredPerS.most), middle(at) - 2.5),
      acceptedPerS && bar(0, middle(at) + 5, to(acceptedPerS.median), 3, FAINT),
      text(
        to((deliveredPerS ?? acceptedPerS)?.most ?? 0) + 6,
        middle(at),
        short((deliveredPerS ?? acceptedPerS)?.median ?? 0),
      ),
    ]),
  ].filter((drawn) => drawn !== null);
}

const QUANTILES = [
  ['p50', '#0d9488'],
  ['p95', '#d97706'],
  ['p99', '#dc2626'],
] as const;

/** Logarithmic: between a quiet service and a burst lie three orders of magnitude. */
function latency(rows: readonly Row[]): string[] {
  const counted = rows.map(({ latencyMs }) => (latencyMs.p99.most > 0 ? latencyMs : null));
  const most = Math.max(10, ...counted.map((each) => each?.p99.most ?? 0));
  const to = (ms: number) => (Math.log10(Math.max(1, ms)) / Math.log10(most)) * (PANEL - 30);
  const ticks = [1, 10, 100, 1_000, 10_000, 100_000].filter((tick) => tick <= most);
  const bottom = TOP + rows.length * ROW;
  return [
    title('ms from emit to arrival: p50, p95, p99'),
    ...ticks.map(
      (tick) =>
        `<line x1="${to(tick)}" x2="${to(tick)}" y1="${TOP}" y2="${bottom}" stroke="#e4e7eb"/>${text(to(tick), TOP - 8, short(tick), 'middle')}`,
    ),
    ...counted.flatMap((each, at) =>
      each === null
        ? []
        : [
            `<line x1="${to(each.p50.median)}" x2="${to(each.p99.median)}" y1="${middle(at)}" y2="${middle(at)}" stroke="${FAINT}" stroke-width="3"/>`,
            ...QUANTILES.map(
              ([name, colour]) =>
                `<circle cx="${to(each[name].median)}" cy="${middle(at)}" r="4" fill="${colour}"/>`,
            ),
          ],
    ),
  ];
}

function cpu(rows: readonly Row[]): string[] {
  const costs = rows.map(cpuByProcess);
  const sums = costs.map((cost) => Object.values(cost).reduce((sum, ms) => sum + ms, 0));
  // One scenario that is dear would make all others invisible.
  const most = Math.max(1, 2 * (sums.toSorted((a, b) => a - b)[Math.floor(sums.length / 2)] ?? 0));
  const legend = ['serve', 'Temporal', 'PostgreSQL'].map(
    (name, at) =>
      `<rect x="${at * 90}" y="${TOP - 18}" width="9" height="9" fill="${COLOURS[name]}"/>${text(at * 90 + 14, TOP - 13, name === 'serve' ? 'service' : name)}`,
  );
  return [
    title('CPU ms for each delivery (… : longer than drawn)'),
    ...legend,
    ...costs.flatMap((cost, at) => {
      const all = sums[at] ?? 0;
      const isCut = all > most;
      const to = (ms: number) => (ms / (isCut ? all : most)) * (PANEL - 60);
      let sum = 0;
      const bars = Object.entries(cost).map(([name, ms]) => {
        const from = to(sum);
        sum += ms;
        return bar(from, middle(at) - 8, to(sum) - from, 16, COLOURS[name] ?? FAINT);
      });
      return [...bars, text(to(sum) + 6, middle(at), `${isCut ? '… ' : ''}${sum.toFixed(1)}`)];
    }),
  ];
}

const title = (words: string) => `<text x="0" y="24" font-weight="600" fill="${INK}">${words}</text>`;
const text = (x: number, y: number, words: string, anchor = 'start') =>
  `<text x="${x}" y="${y}" dominant-baseline="middle" text-anchor="${anchor}" fill="${INK}">${words}</text>`;
const bar = (x: number, y: number, width: number, height: number, colour: string) =>
  `<rect x="${x}" y="${y}" width="${Math.max(0, width)}" height="${height}" fill="${colour}"/>`;
const whisker = (from: number, to: number, y: number) =>
  `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${INK}" stroke-width="1.5"/>`;
const short = (value: number) =>
  value >= 10_000
    ? `${Math.round(value / 1000)}k`
    : value.toFixed(Number.isInteger(value) || value >= 10 ? 0 : 1);
