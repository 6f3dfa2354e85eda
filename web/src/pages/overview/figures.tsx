/** The figures and charts of an overview: how much was delivered, how surely, how fast. */
import { useFormat } from '../../context/format.ts';
import { Chart } from '../../parts/chart/chart.tsx';
import { FailedLink } from '../../parts/failed-link.tsx';
import { Card, Empty } from '../../parts/page.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Stats } from '../../parts/stats.tsx';
import { useTexts } from '../../texts/index.ts';
import { type Metrics, type Range, SHOWN_RANGES } from './metrics.ts';
import styles from './overview.module.css';

export function RangeChoice({ value, onValue }: { value: Range; onValue(range: Range): void }) {
  const { overview: texts } = useTexts();
  return (
    <Segments
      label={texts.range}
      value={value}
      onValue={onValue}
      choices={SHOWN_RANGES.map((range) => ({ value: range, label: texts.ranges[range] }))}
    />
  );
}

export function Figures({ metrics }: { metrics: Metrics }) {
  const { totals, standing } = metrics;
  const { overview: texts } = useTexts();
  const format = useFormat();
  const { deliveries, attempts, first_success_ms: times } = totals;
  const share = (good: number, bad: number) => (good + bad === 0 ? '–' : format.percent(good / (good + bad)));
  return (
    <Stats
      stats={[
        { name: texts.delivered, value: format.number(deliveries.succeeded) },
        {
          name: texts.failed,
          value: <FailedLink standing={standing} base="" time={{ after: metrics.from }} />,
          isBad: standing.failed > 0,
          hint: texts.failedHint,
        },
        {
          name: texts.successRate,
          value: share(deliveries.succeeded, standing.failed),
          hint:
            attempts.succeeded + attempts.failed > 0 &&
            texts.ofAttempts(share(attempts.succeeded, attempts.failed)),
        },
        { name: texts.p50, value: times === null ? '–' : format.duration(times.p50) },
        { name: texts.p99, value: times === null ? '–' : format.duration(times.p99) },
      ]}
    />
  );
}

const isQuiet = ({ totals: { attempts, deliveries }, standing }: Metrics) =>
  attempts.succeeded + attempts.failed + deliveries.succeeded + deliveries.failed + standing.failed === 0;

export function Charts({ metrics }: { metrics: Metrics }) {
  const { overview: texts } = useTexts();
  if (isQuiet(metrics)) return <Empty title={texts.nothing}>{texts.nothingHint}</Empty>;
  return (
    <div className={styles.pair}>
      <DeliveriesChart metrics={metrics} />
      <TimesChart metrics={metrics} />
    </div>
  );
}

function DeliveriesChart({ metrics: { series, totals, interval, from } }: { metrics: Metrics }) {
  const { overview: texts } = useTexts();
  const format = useFormat();
  return (
    <Card title={texts.deliveries}>
      <Chart
        label={texts.deliveries}
        kind="stacked"
        from={series[0]?.at ?? from}
        interval={interval}
        format={format.number}
        axisFormat={format.compact}
        isWhole
        note={[totals.deliveries.failed > 0 && texts.history, interval === '1d' && texts.days]
          .filter(Boolean)
          .join(' ')}
        series={[
          {
            label: texts.delivered,
            colour: '--good',
            values: series.map(({ deliveries }) => deliveries.succeeded),
            total: format.number(totals.deliveries.succeeded),
          },
          {
            label: texts.gaveUp,
            colour: '--bad',
            values: series.map(({ deliveries }) => deliveries.failed),
            total: format.number(totals.deliveries.failed),
          },
        ]}
      />
    </Card>
  );
}

function TimesChart({ metrics: { series, totals, interval, from } }: { metrics: Metrics }) {
  const { overview: texts, chart } = useTexts();
  const format = useFormat();
  const { first_success_ms: total } = totals;
  const hasGaps = series.some((each) => each.first_success_ms === null);
  const one = (which: 'p50' | 'p99', colour: '--info' | '--warn') => ({
    label: texts.timesSeries[which],
    colour,
    values: series.map(({ first_success_ms: times }) => times?.[which] ?? null),
    total: total === null ? chart.noValue : format.duration(total[which]),
  });
  return (
    <Card title={texts.times}>
      <Chart
        label={texts.times}
        kind="lines"
        from={series[0]?.at ?? from}
        interval={interval}
        format={format.duration}
        note={[hasGaps && texts.gaps, interval === '1d' && texts.days].filter(Boolean).join(' ')}
        series={[one('p50', '--info'), one('p99', '--warn')]}
      />
    </Card>
  );
}
