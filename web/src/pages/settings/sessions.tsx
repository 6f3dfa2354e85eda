/** Sessions of browsers that are signed in with a key. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { EndSession } from './end-session.tsx';

type Session = Schemas['Session'];

/** @param tenant `null`: of all keys */
export function Sessions({ tenant }: { tenant: string | null }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const pages = usePages(['sessions', tenant], (cursor) =>
    dataOf(
      api.GET('/v1/sessions', {
        params: {
          query: { limit: 50, ...(tenant !== null && { tenant }), ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  const { data: current } = useQuery({
    queryKey: ['sessions', 'current'],
    queryFn: () => dataOf(api.GET('/v1/sessions/current')),
  });
  const ending: Column<Session> = {
    name: texts.action,
    cell: ({ id: session }) =>
      session === current?.id ? (
        '–'
      ) : (
        <EndSession
          id={session}
          listed="sessions"
          label={texts.signOutIt}
          hint={texts.endSessionHint}
          end={() => dataOf(api.DELETE('/v1/sessions/{session}', { params: { path: { session } } }))}
        />
      ),
  };
  return (
    <Card title={texts.sessions}>
      <p className="muted">{texts.sessionsHint}</p>
      <PagesView pages={pages} empty={<p>{texts.noSessions}</p>}>
        {(items) => (
          <Table
            label={texts.sessions}
            rows={items}
            keyOf={(session) => session.id}
            columns={[
              {
                name: texts.key,
                cell: (session) => (
                  <div>
                    <bdi>{nameOf(session, texts.environmentKey)}</bdi>{' '}
                    {session.id === current?.id && <Badge tone="info">{texts.thisOne}</Badge>}
                    <div>
                      <small className="muted mono">{session.id}</small>
                    </div>
                  </div>
                ),
              },
              { name: texts.lastUsed, cell: (session) => <Time at={session.last_used_at} /> },
              { name: texts.created, isMinor: true, cell: (session) => <Time at={session.created_at} /> },
              { name: texts.ends, isMinor: true, cell: (session) => <Time at={session.expires_at} /> },
              // Of this one, whoever signs out of it disposes.
              ...(items.some(({ id }) => id !== current?.id) ? [ending] : []),
            ]}
          />
        )}
      </PagesView>
    </Card>
  );
}

const nameOf = ({ key }: Session, environmentKey: string) =>
  key.name ?? (key.id === 'admin' ? environmentKey : key.id);
