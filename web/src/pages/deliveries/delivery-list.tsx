/** The rows of a list of deliveries. Ten thousand of them scroll, because only those in view are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { useFormat } from '../../context/format.ts';
import { Badge, ResultCode, StatusBadge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Time } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './deliveries.module.css';
import type { DeliverySummary } from './filters.ts';

const ROW_PIXELS = 62;
/** The next page is loaded when this many rows are left below. */
const ROWS_AHEAD = 40;

type ListProps = {
  rows: readonly DeliverySummary[];
  selected: string | null;
  hrefOf(delivery: DeliverySummary): string;
  /** where it goes: an endpoint's name, a tenant's */
  whereOf(delivery: DeliverySummary): ReactNode;
  whereLabel: string;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore(): void;
  /** where the list was scrolled to, kept while another page of it is shown */
  offset: RefObject<number>;
  waiting: number;
  onShowNew(): void;
};

/** Rows that lead to their delivery. */
export function DeliveryList(props: ListProps) {
  const { rows, offset, hasMore, isLoadingMore, onMore, selected } = props;
  const { deliveries: texts, common } = useTexts();
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PIXELS,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
    // Drawing may lag a frame behind fast scrolling; scrolling itself never waits for it.
    useFlushSync: false,
    initialOffset: () => offset.current,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= rows.length - ROWS_AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, rows.length, onMore]);
  return (
    <div className={styles.listBox}>
      <New count={props.waiting} onShow={props.onShowNew} frame={frame} />
      <section
        ref={frame}
        className={styles.list}
        aria-label={texts.list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        onScroll={(event) => {
          offset.current = event.currentTarget.scrollTop;
        }}
      >
        <table aria-rowcount={hasMore ? -1 : rows.length} className={styles.table}>
          <thead className={styles.head}>
            <tr>
              {[
                texts.status,
                texts.event,
                props.whereLabel,
                texts.result,
                texts.attempts,
                texts.accepted,
              ].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className={styles.rows} style={{ blockSize: virtual.getTotalSize() }}>
            {shown.map(({ index, key, start }) => {
              const delivery = rows[index];
              if (delivery === undefined) return null;
              return (
                <Row
                  key={key}
                  measure={virtual.measureElement}
                  delivery={delivery}
                  index={index}
                  start={start}
                  isSelected={delivery.id === selected}
                  href={props.hrefOf(delivery)}
                  where={props.whereOf(delivery)}
                />
              );
            })}
          </tbody>
        </table>
      </section>
      <div className={styles.foot}>
        <span className="muted">{texts.shown(format.number(rows.length), hasMore)}</span>
        {hasMore && (
          <Button look="quiet" isBusy={isLoadingMore} onClick={onMore}>
            {common.loadMore}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What came in while the list was being read. */
function New({
  count,
  onShow,
  frame,
}: {
  count: number;
  onShow: () => void;
  frame: RefObject<HTMLDivElement | null>;
}) {
  const { deliveries: texts } = useTexts();
  return (
    <div className={styles.new} aria-live="polite">
      {count > 0 && (
        <Button
          look="primary"
          onClick={() => {
            onShow();
            frame.current?.scrollTo({ top: 0 });
            frame.current?.focus();
          }}
        >
          {texts.newRows(count)}
        </Button>
      )}
    </div>
  );
}

const Row = memo(function Row({
  measure,
  delivery,
  index,
  start,
  isSelected,
  href,
  where,
}: {
  measure: (element: Element | null) => void;
  delivery: DeliverySummary;
  index: number;
  start: number;
  isSelected: boolean;
  href: string;
  where: ReactNode;
}) {
  const { deliveries: texts } = useTexts();
  const format = useFormat();
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={index + 1}
      className={styles.row}
      data-selected={isSelected || undefined}
      style={{ transform: `translateY(${start}px)` }}
    >
      <td className={styles.status}>
        <StatusBadge status={delivery.status} />
      </td>
      <td className={styles.what}>
        <Link href={href} aria-current={isSelected ? 'true' : undefined}>
          <TypeName name={delivery.event_type} /> <small className={styles.id}>{delivery.id}</small>
        </Link>
        {delivery.is_test && <Badge tone="info">{texts.test}</Badge>}
      </td>
      <td className={styles.where}>{where}</td>
      <td className={styles.result}>
        <ResultCode status={delivery.last_response_status} error={delivery.last_error} />
      </td>
      <td className={styles.attempts}>{format.number(delivery.attempt_count)}</td>
      <td className={styles.time}>
        <Time at={delivery.created_at} />
      </td>
    </tr>
  );
});
