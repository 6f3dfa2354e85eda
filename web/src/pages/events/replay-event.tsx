/** The question before one event is sent to one endpoint that did not get it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';

type Names = { event: Pick<Schemas['Event'], 'id' | 'type'>; endpoint: { id: string; name: string } };

export function ReplayEventDialog({
  event,
  endpoint,
  onClose,
  onStarted,
}: Names & { onClose: () => void; onStarted(operation: string): void }) {
  const { events: texts } = useTexts();
  const { replayTitle, replayAsks, replayNothing, replayStarted } = texts.detail;
  const api = useApi();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const { id: tenant } = useTenant();
  // Only what it never got: pressed twice, or by two people, it goes out once.
  const send = (isDryRun: boolean) =>
    dataOf(
      api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/replay', {
        params: { path: { tenant, endpoint: endpoint.id } },
        body: { event_ids: [event.id], only_missing: true, dry_run: isDryRun },
      }),
    );
  const counted = useQuery({
    queryKey: ['replay-event', tenant, endpoint.id, event.id],
    queryFn: () => send(true),
    gcTime: 0,
  });
  const submission = useSubmission(
    () => send(false),
    (started) => {
      announce(replayStarted);
      void queries.invalidateQueries({ queryKey: ['event', tenant, event.id] });
      if ('id' in started) onStarted(started.id);
    },
  );
  return (
    <ConfirmDialog title={replayTitle} submission={submission} onClose={onClose}>
      <p className="break">
        {replayAsks(`${event.type} (${event.id})`, `${endpoint.name} (${endpoint.id})`)}
      </p>
      {counted.error && <ProblemNotice problem={counted.error} onRetry={counted.refetch} />}
      {counted.data === undefined && !counted.error && <Loading rows={1} />}
      {counted.data?.matched === 0 && <p>{replayNothing}</p>}
    </ConfirmDialog>
  );
}
