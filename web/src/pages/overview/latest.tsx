/** The last operational events, in words. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { EventRow, Happenings } from '../activity/happenings.tsx';

const SHOWN = 6;

/** @param tenant `null`: of all tenants */
export function Latest({ tenant }: { tenant: string | null }) {
  const { overview: texts } = useTexts();
  const api = useApi();
  const { can } = useViewer();
  const { data, error, refetch } = useQuery({
    queryKey: ['activity', tenant ?? 'all', 'latest'],
    queryFn: () =>
      dataOf(
        api.GET('/v1/operational-events', {
          params: { query: { limit: SHOWN, ...(tenant !== null && { tenant }) } },
        }),
      ),
  });
  return (
    <Card
      title={texts.latest}
      actions={can('endpoints') && <Link href="/activity?show=events">{texts.allActivity}</Link>}
    >
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      {data?.items.length === 0 && <p className="muted">{texts.noLatest}</p>}
      {data !== undefined && data.items.length > 0 && (
        <Happenings>
          {data.items.map((event) => (
            <EventRow key={event.id} event={event} isOfAll={tenant === null} />
          ))}
        </Happenings>
      )}
    </Card>
  );
}
