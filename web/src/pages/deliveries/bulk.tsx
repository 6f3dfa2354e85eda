/** Retrying or cancelling all that a filter matches: the choice, the confirmation with numbers, the progress. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { Checkbox } from '../../parts/field.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './deliveries.module.css';
import { bulkActs, type DeliveryFilter } from './filters.ts';
import { SAMPLE, Sample } from './sample.tsx';

type Act = 'retry' | 'cancel';
type Counted = Schemas['DryRun'];

/** One call of either act. A filter that names a status which the act does not know is not offered. */
function useBulk(tenant: string, filter: DeliveryFilter) {
  const api = useApi();
  const { event_id: _, is_test: __, ...matched } = filter;
  return (act: Act, isDryRun: boolean) => {
    const options = {
      params: { path: { tenant } },
      body: { filter: matched, dry_run: isDryRun, sample: SAMPLE } as never,
    };
    const call =
      act === 'retry'
        ? api.POST('/v1/tenants/{tenant}/deliveries/bulk-retry', options)
        : api.POST('/v1/tenants/{tenant}/deliveries/bulk-cancel', options);
    return dataOf(call as Promise<{ data?: Counted | Schemas['StartedOperation'] }>);
  };
}

/**
 * @param endpoint the name of the endpoint that the filter names
 * @param isEmpty whether nothing matches
 */
export function BulkActions({
  tenant,
  filter,
  endpoint,
  isEmpty,
  onStarted,
}: {
  tenant: string;
  filter: DeliveryFilter;
  endpoint: string | undefined;
  isEmpty: boolean;
  onStarted(operation: string): void;
}) {
  const { deliveries: texts } = useTexts();
  const [isSelected, setSelected] = useState(false);
  const [asked, setAsked] = useState<Act | null>(null);
  const acts = bulkActs(filter);
  return (
    <div className={styles.selection}>
      <Checkbox
        label={texts.bulk.select}
        checked={isSelected && !isEmpty}
        disabled={isEmpty}
        onChecked={setSelected}
      />
      {isSelected && !isEmpty && (
        <>
          {acts.retry && (
            <Button icon="send" onClick={() => setAsked('retry')}>
              {texts.bulk.retry}
            </Button>
          )}
          {acts.cancel && (
            <Button look="danger" icon="stop" onClick={() => setAsked('cancel')}>
              {texts.bulk.cancel}
            </Button>
          )}
          <small className="muted">{acts.retry || acts.cancel ? texts.bulk.selected : texts.bulk.none}</small>
        </>
      )}
      {asked !== null && (
        <ConfirmBulk
          act={asked}
          tenant={tenant}
          filter={filter}
          endpoint={endpoint}
          onClose={() => setAsked(null)}
          onStarted={(id) => {
            setAsked(null);
            setSelected(false);
            onStarted(id);
          }}
        />
      )}
    </div>
  );
}

function ConfirmBulk({
  act,
  tenant,
  filter,
  endpoint,
  onClose,
  onStarted,
}: {
  act: Act;
  tenant: string;
  filter: DeliveryFilter;
  endpoint: string | undefined;
  onClose(): void;
  onStarted(operation: string): void;
}) {
  const { common, deliveries } = useTexts();
  const texts = deliveries.bulk;
  const format = useFormat();
  const announce = useAnnounce();
  const call = useBulk(tenant, filter);
  const counted = useQuery({
    queryKey: ['bulk-dry-run', tenant, act, filter],
    queryFn: () => call(act, true) as Promise<Counted>,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const submission = useSubmission(
    () => call(act, false) as Promise<Schemas['StartedOperation']>,
    (started) => {
      announce(texts.started(started.matched));
      onStarted(started.id);
    },
  );
  const title = act === 'retry' ? texts.retryTitle : texts.cancelTitle;
  const { data } = counted;
  const atLeast = (count: number, isLowest: true | undefined, words = (text: string) => text) =>
    isLowest ? common.atLeast(words(format.number(count))) : words(format.number(count));
  const among =
    data && `${data.among_at_least ? `${common.atLeast('')}` : ''}${common.deliveries(data.among)}`;
  return (
    <ConfirmDialog
      title={title}
      look={act === 'cancel' ? 'danger' : 'primary'}
      onClose={onClose}
      submission={submission}
    >
      {counted.error && <ProblemNotice problem={counted.error} onRetry={counted.refetch} />}
      {data === undefined && !counted.error && <Loading rows={2} />}
      {data !== undefined && (
        <p>
          <strong>
            {data.matched === 0
              ? texts.nothing(among ?? '')
              : (act === 'retry' ? texts.retries : texts.cancels)(
                  atLeast(data.matched, data.at_least),
                  among ?? '',
                )}
          </strong>{' '}
          {endpoint === undefined ? act === 'retry' && texts.toAll : texts.toEndpoint(endpoint)}
        </p>
      )}
      {data !== undefined && <Sample of={data} />}
      {filter.status === undefined && (
        <p>{act === 'retry' ? texts.onlyOf(common.status.failed) : texts.onlyWaiting}</p>
      )}
      <p className="muted">{act === 'retry' ? texts.retryLeavesOut : texts.cancelMeans}</p>
    </ConfirmDialog>
  );
}

/** How far an operation is, and the way to stop it. The stream keeps it new. */
export function OperationProgress({ id, onDismiss }: { id: string; onDismiss(): void }) {
  const { common, deliveries } = useTexts();
  const texts = deliveries.bulk;
  const format = useFormat();
  const api = useApi();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['operation', id],
    queryFn: () => dataOf(api.GET('/v1/operations/{operation}', { params: { path: { operation: id } } })),
    // The stream may be cut just when the last of it is told.
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? 3_000 : false),
  });
  const stop = useSubmission(
    () => dataOf(api.POST('/v1/operations/{operation}/cancel', { params: { path: { operation: id } } })),
    (operation) => {
      queries.setQueryData(['operation', id], operation);
      announce(texts.stopped);
    },
  );
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={1} />;
  // With nothing left to do, it only has not been written down yet that it has ended.
  const isRunning = data.status === 'running' && (data.open > 0 || data.at_least === true);
  const ended = data.status === 'running' ? 'completed' : data.status;
  return (
    <section className={styles.operation} aria-label={texts.operation}>
      <div className="spread">
        <strong>{isRunning ? texts.running[data.kind] : texts.ended[ended]}</strong>
        <span>
          {texts.progress[data.kind](
            format.number(data.done),
            data.at_least ? common.atLeast(format.number(data.matched)) : format.number(data.matched),
          )}
          {data.failed > 0 && ` · ${texts.failures(data.failed)}`}
          {data.skipped > 0 && ` · ${texts.skipped(data.skipped)}`}
        </span>
      </div>
      <progress
        aria-label={texts.operation}
        max={Math.max(data.matched, 1)}
        value={isRunning ? data.done + data.failed : data.matched}
      />
      {stop.problem && <ProblemNotice problem={stop.problem} />}
      <div className="row">
        {isRunning ? (
          <Button icon="stop" isBusy={stop.isBusy} onClick={stop.submit}>
            {texts.stop}
          </Button>
        ) : (
          <Button onClick={onDismiss}>{texts.dismiss}</Button>
        )}
        <small className="muted mono break">{id}</small>
      </div>
    </section>
  );
}
