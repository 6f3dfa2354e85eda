/** Charts over time: drawn, read point by point with the arrow keys, and as a table. */
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import { usePreferences } from '../../context/preferences.tsx';
import { useTexts } from '../../texts/index.ts';
import { Loading } from '../loading.tsx';
import styles from './chart.module.css';
import type { Token } from './plot.tsx';
import { INTERVAL_MS, type Interval, timeLabelsOf } from './time-labels.ts';

const Plot = lazy(() => import('./plot.tsx'));

export type ChartSeries = {
  label: string;
  colour: Token;
  values: readonly (number | null)[];
  /** of the whole range; shown while no point is selected */
  total: string;
};

/**
 * A chart.
 * @param label its accessible name
 * @param from the beginning of the first interval
 * @param note what is to be said under it, such as why there are gaps
 */
export function Chart({
  label,
  kind,
  series,
  from,
  interval,
  format,
  axisFormat = format,
  isWhole = false,
  note,
}: {
  label: string;
  kind: 'stacked' | 'lines';
  series: readonly ChartSeries[];
  from: string;
  interval: Interval;
  format(value: number): string;
  /** shorter, for the axis */
  axisFormat?(value: number): string;
  isWhole?: boolean;
  note?: string | false;
}) {
  const { chart: texts } = useTexts();
  const { language } = usePreferences();
  const [point, setPoint] = useState<number | null>(null);
  const id = useId();
  const labels = useMemo(() => timeLabelsOf(language, interval), [language, interval]);
  const startMs = new Date(from).getTime();
  const stepMs = INTERVAL_MS[interval];
  const count = series[0]?.values.length ?? 0;
  const spanAt = (index: number) => labels.span(new Date(startMs + index * stepMs));
  const at = point === null || point >= count ? null : point;
  const valueAt = ({ values }: ChartSeries, index: number) => {
    const value = values[index] ?? null;
    return value === null ? texts.noValue : format(value);
  };
  const spoken = (index: number) =>
    [spanAt(index), ...series.map((each) => `${each.label}: ${valueAt(each, index)}`)].join(', ');
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  if (isEmpty) return <p className="muted">{texts.nothing}</p>;
  return (
    <figure className={styles.chart} aria-labelledby={id}>
      <figcaption className={styles.legend}>
        <span id={id} className="visually-hidden">
          {label}
        </span>
        {series.map((each) => (
          <span key={each.label} className={styles.entry}>
            <span className={styles.swatch} style={{ backgroundColor: `var(${each.colour})` }} />
            {each.label}
            <strong>{at === null ? each.total : valueAt(each, at)}</strong>
          </span>
        ))}
        <span className={styles.when}>{at === null ? '' : spanAt(at)}</span>
      </figcaption>
      <div className={styles.frame}>
        <Suspense fallback={<Loading rows={3} />}>
          <Plot
            kind={kind}
            series={series}
            startMs={startMs}
            stepMs={stepMs}
            point={at}
            onPoint={setPoint}
            timeLabel={labels.axis}
            valueLabel={axisFormat}
            isWhole={isWhole}
          />
        </Suspense>
        <input
          type="range"
          className={styles.keys}
          aria-label={texts.pointOf(label)}
          min={0}
          max={Math.max(0, count - 1)}
          value={at ?? count - 1}
          aria-valuetext={spoken(at ?? count - 1)}
          onChange={(event) => setPoint(Number(event.target.value))}
          onBlur={() => setPoint(null)}
        />
      </div>
      {note && <p className={styles.note}>{note}</p>}
      <ChartTable label={label} series={series} count={count} spanAt={spanAt} format={format} />
    </figure>
  );
}

/** The intervals in which there is something. It is made when somebody opens it. */
function ChartTable({
  label,
  series,
  count,
  spanAt,
  format,
}: {
  label: string;
  series: readonly ChartSeries[];
  count: number;
  spanAt(index: number): string;
  format(value: number): string;
}) {
  const { chart: texts } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const filled = Array.from({ length: count }, (_, index) => count - 1 - index).filter((index) =>
    series.some(({ values }) => (values[index] ?? 0) !== 0),
  );
  return (
    <details className={styles.table} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{texts.asTable}</summary>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
        <section aria-label={texts.tableOf(label)} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{texts.time}</th>
                {series.map((each) => (
                  <th key={each.label} scope="col">
                    {each.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {filled.map((index) => (
                <tr key={index}>
                  <th scope="row">{spanAt(index)}</th>
                  {series.map(({ label: name, values }) => {
                    const value = values[index] ?? null;
                    return <td key={name}>{value === null ? texts.noValue : format(value)}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          {filled.length < count && <p className="muted">{texts.leftOut(count - filled.length)}</p>}
        </section>
      )}
    </details>
  );
}
