/** The progress of an operation, such as a replay, as it goes on; and the way to stop it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from '../context/api.tsx';
import { useViewer } from '../context/session.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { useSubmission } from '../parts/form.tsx';
import { Card } from '../parts/page.tsx';
import { ProblemNotice } from '../parts/problem.tsx';
import { useTexts } from '../texts/index.ts';
import styles from './operation-progress.module.css';

/** @param onClose takes it off the page; the operation goes on */
export function OperationProgress({ id, onClose }: { id: string; onClose: () => void }) {
  const { operation: texts, common } = useTexts();
  const api = useApi();
  const { can } = useViewer();
  const queries = useQueryClient();
  const params = { path: { operation: id } };
  const { data, error, refetch } = useQuery({
    queryKey: ['operation', id],
    queryFn: () => dataOf(api.GET('/v1/operations/{operation}', { params })),
  });
  const stop = useSubmission(
    () => dataOf(api.POST('/v1/operations/{operation}/cancel', { params })),
    (stopped) => queries.setQueryData(['operation', id], stopped),
  );
  if (data === undefined) return error && <ProblemNotice problem={error} onRetry={refetch} />;
  const isRunning = data.status === 'running';
  const ended = data.done + data.failed;
  const isBounded = data.at_least !== true || !isRunning;
  return (
    <Card
      title={texts.titles[data.kind]}
      isRegion
      actions={
        <>
          {isRunning && (can('replay') || can('retry')) && (
            <Button isBusy={stop.isBusy} onClick={stop.submit}>
              {texts.stop}
            </Button>
          )}
          <IconButton icon="cross" label={common.close} onClick={onClose} />
        </>
      }
    >
      <progress
        className={styles.bar}
        aria-label={texts.progress}
        max={Math.max(data.matched, 1)}
        {...(isBounded && { value: isRunning ? ended : Math.max(data.matched, 1) })}
      />
      <p role="status">{texts.said(data)}</p>
      {stop.problem && <ProblemNotice problem={stop.problem} />}
    </Card>
  );
}
