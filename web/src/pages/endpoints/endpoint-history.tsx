/** The history of an endpoint: who changed what, and when Tidings disabled it or warned. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { AuditRow } from '../activity/audit-row.tsx';
import { Happenings } from '../activity/happenings.tsx';

const SHOWN = 20;

export function EndpointHistory({ id }: { id: string }) {
  const { endpoints: texts } = useTexts();
  const { can } = useViewer();
  return can('endpoints') ? (
    <div id="history">
      <Card
        title={texts.history}
        actions={<Link href={`/activity?object_id=${id}`}>{texts.wholeHistory}</Link>}
      >
        <Entries id={id} />
      </Card>
    </div>
  ) : null;
}

function Entries({ id }: { id: string }) {
  const { activity } = useTexts();
  const api = useApi();
  const { data, error, refetch } = useQuery({
    queryKey: ['activity', 'history', id],
    queryFn: () => dataOf(api.GET('/v1/audit-log', { params: { query: { object_id: id, limit: SHOWN } } })),
  });
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={3} />;
  if (data.items.length === 0) return <p className="muted">{activity.nothing}</p>;
  return (
    <Happenings>
      {data.items.map((entry) => (
        <AuditRow key={entry.id} entry={entry} isOfAll={false} />
      ))}
    </Happenings>
  );
}
