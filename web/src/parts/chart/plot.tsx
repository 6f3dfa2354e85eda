/** The drawing of a chart by uPlot, which is loaded with the first chart. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { usePreferences } from '../../context/preferences.tsx';
import styles from './chart.module.css';

export type Token = `--${string}`;
export type PlotSeries = { colour: Token; values: readonly (number | null)[] };

export type PlotProps = {
  /** `stacked`: bars on one another; `lines`: with gaps where there is no value */
  kind: 'stacked' | 'lines';
  series: readonly PlotSeries[];
  /** of the first interval, in ms */
  startMs: number;
  stepMs: number;
  /** of the selected interval; `null`: none is */
  point: number | null;
  onPoint(point: number | null): void;
  timeLabel(at: Date): string;
  valueLabel(value: number): string;
  /** whether it counts; otherwise the values are times in ms */
  isWhole: boolean;
};

const HEIGHT_PX = 200;
/** Steps that stand at round times, in ms. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 172_800].map(
    (seconds) => seconds * 1_000,
  ),
];
const LABEL_PX = 7;
const WHOLE_STEPS = Array.from({ length: 13 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** Colours as the browser makes them of the tokens, light or dark. */
function colours(element: HTMLElement): (token: Token) => string {
  const known = new Map<Token, string>();
  return (token) => {
    const found = known.get(token);
    if (found !== undefined) return found;
    const probe = element.appendChild(document.createElement('span'));
    probe.style.color = `var(${token})`;
    const colour = getComputedStyle(probe).color;
    probe.remove();
    known.set(token, colour);
    return colour;
  };
}

/** Each series on top of those before it: the last one is drawn first, and the others cover its lower part. */
function dataOf({ kind, series, startMs, stepMs }: PlotProps): uPlot.AlignedData {
  const count = series[0]?.values.length ?? 0;
  const middles = Array.from({ length: count }, (_, index) => (startMs + (index + 0.5) * stepMs) / 1_000);
  if (kind === 'lines') return [middles, ...series.map(({ values }) => [...values])];
  const sums = series.map((_, upTo) =>
    middles.map((__, at) =>
      series.slice(0, upTo + 1).reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
    ),
  );
  return [middles, ...sums.toReversed()];
}

function optionsOf(
  latest: { readonly current: PlotProps },
  colour: (token: Token) => string,
  width: number,
): uPlot.Options {
  const { kind, series, isWhole } = latest.current;
  const font = '12px system-ui, sans-serif';
  const drawn = kind === 'stacked' ? series.toReversed() : series;
  const bars = uPlot.paths.bars?.({ size: [0.82, 48], align: 0 });
  const endOf = ({ startMs, stepMs, series: [first] }: PlotProps) =>
    startMs + stepMs * (first?.values.length ?? 1);
  return {
    width,
    height: HEIGHT_PX,
    // The last label stands around its tick, half of it beyond the range.
    padding: [10, () => halfLabelPx(latest.current), 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [latest.current.startMs / 1_000, endOf(latest.current) / 1_000] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    series: [
      {},
      ...drawn.map(({ colour: token }) => ({
        stroke: () => colour(token),
        width: kind === 'stacked' ? 0 : 2,
        points: { size: 5, show: true },
        ...(kind === 'stacked' && { fill: () => colour(token), points: { show: false } }),
        ...(kind === 'stacked' && bars !== undefined && { paths: bars }),
      })),
    ],
    axes: [
      {
        font,
        size: 34,
        space: 72,
        stroke: () => colour('--muted'),
        grid: { show: false },
        ticks: { stroke: () => colour('--line'), size: 4 },
        values: (_, splits) => splits.map((at) => latest.current.timeLabel(new Date(at * 1_000))),
      },
      {
        font,
        // As wide as its widest label.
        size: (_, labels) => 14 + LABEL_PX * Math.max(3, ...(labels ?? []).map((label) => label.length)),
        space: 36,
        stroke: () => colour('--muted'),
        grid: { stroke: () => colour('--line'), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((value) => latest.current.valueLabel(value)),
        incrs: isWhole ? WHOLE_STEPS : TIME_STEPS,
      },
    ],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === 'lines' } },
    hooks: { setCursor: [(plot) => latest.current.onPoint(pointUnder(plot, latest.current))] },
  };
}

/** Half of the widest label that may stand at the end of the time axis. */
function halfLabelPx({
  startMs,
  stepMs,
  series: [first],
  timeLabel,
}: Pick<PlotProps, 'startMs' | 'stepMs' | 'series' | 'timeLabel'>): number {
  const count = first?.values.length ?? 1;
  const labels = [0, 0.5, 1].map((share) => timeLabel(new Date(startMs + share * count * stepMs)));
  return 4 + (LABEL_PX * Math.max(...labels.map((label) => label.length))) / 2;
}

function pointUnder(plot: uPlot, { startMs, stepMs, series: [first] }: PlotProps): number | null {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return null;
  const point = Math.floor((plot.posToVal(left, 'x') * 1_000 - startMs) / stepMs);
  return Math.max(0, Math.min(point, (first?.values.length ?? 1) - 1));
}

// biome-ignore lint/style/noDefaultExport: React's lazy() takes a default export
export default function Plot(props: PlotProps) {
  const { mode } = usePreferences();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = `${props.kind} ${props.series.length} ${mode}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: it is made anew when its shape or the colours change; data come below
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    let made: uPlot | null = null;
    const make = () => {
      made?.destroy();
      made = new uPlot(
        optionsOf(latest, colours(element), element.clientWidth),
        dataOf(latest.current),
        element,
      );
      plot.current = made;
    };
    make();
    const sizes = new ResizeObserver(() => made?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    sizes.observe(element);
    dark.addEventListener('change', make);
    return () => {
      sizes.disconnect();
      dark.removeEventListener('change', make);
      made?.destroy();
      plot.current = null;
    };
  }, [shape]);

  const { series, startMs, stepMs, point } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the parts that change the data
  useEffect(() => plot.current?.setData(dataOf(latest.current)), [series, startMs, stepMs]);
  useEffect(() => {
    const now = plot.current;
    if (now === null || point === null || pointUnder(now, latest.current) === point) return;
    const left = now.valToPos((startMs + (point + 0.5) * stepMs) / 1_000, 'x');
    now.setCursor({ left, top: 0 });
  }, [point, startMs, stepMs]);

  return <div ref={frame} className={styles.plot} aria-hidden="true" />;
}
