/** The number of deliveries that have failed and were not sent since, leading to them. */
import type { Schemas } from '@tidings/client';
import { Link } from 'wouter';
import { useFormat } from '../context/format.ts';
import { useTexts } from '../texts/index.ts';

type Props = {
  standing: Schemas['MetricsOverview']['standing'];
  /** of the pages that list the deliveries */
  base: string;
  /** the time that the number is of, as the list's parameters have it */
  time: Record<string, string>;
  title?: string;
};

export function FailedLink({ standing: { failed, at_least: isCut }, base, time, title }: Props) {
  const { overview } = useTexts();
  const format = useFormat();
  if (failed === 0 && !isCut) return <span className="muted">{format.number(0)}</span>;
  const search = new URLSearchParams({ status: 'failed', is_test: 'false', ...time });
  return (
    <Link href={`${base}/deliveries?${search}`} title={title}>
      {isCut ? overview.more(format.number(failed)) : format.number(failed)}
    </Link>
  );
}
