/** Portal sessions of a tenant: open ones, and the link of a new one, which is shown once. */
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { CreatePortal } from './create-portal.tsx';
import { EndSession } from './end-session.tsx';
import styles from './settings.module.css';
import { ShownOnce } from './shown-once.tsx';

export function PortalSessions() {
  const { settings: texts } = useTexts();
  const api = useApi();
  const { id } = useTenant();
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<Schemas['NewPortalSession'] | null>(null);
  const pages = usePages(['portal-sessions', id], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/portal-sessions', {
        params: { path: { tenant: id }, query: { limit: 50, ...(cursor !== undefined && { cursor }) } },
      }),
    ),
  );
  return (
    <Card
      title={texts.portal}
      actions={
        !isCreating && (
          <Button icon="plus" onClick={() => setCreating(true)}>
            {texts.createPortal}
          </Button>
        )
      }
    >
      <p className="muted">{texts.portalHint}</p>
      {made && (
        <ShownOnce
          title={texts.link}
          hint={texts.linkHint}
          value={made.url}
          onDone={() => setMade(null)}
          more={
            <a href={made.url} target="_blank" rel="noreferrer">
              {texts.open}
            </a>
          }
        />
      )}
      {isCreating && (
        <CreatePortal
          onClose={() => setCreating(false)}
          onMade={(session) => {
            setCreating(false);
            setMade(session);
          }}
        />
      )}
      <PagesView pages={pages} empty={<p>{texts.noPortal}</p>}>
        {(items) => (
          <Table
            label={texts.portal}
            rows={items}
            keyOf={(session) => session.id}
            columns={[
              {
                name: texts.created,
                cell: (session) => (
                  <div>
                    <Time at={session.created_at} />
                    <div>
                      <small className="muted mono">{session.id}</small>
                    </div>
                  </div>
                ),
              },
              {
                name: texts.capabilities,
                cell: ({ capabilities }) => (
                  <ul className={styles.allowed}>
                    {capabilities.map((each) => (
                      <li key={each}>{texts.capability[each]}</li>
                    ))}
                  </ul>
                ),
              },
              {
                name: texts.lastUsed,
                cell: ({ exchanged_at: exchanged, last_used_at: used }) =>
                  exchanged === null ? (
                    <span className={styles.whole}>{texts.notOpened}</span>
                  ) : (
                    <Time at={used ?? exchanged} />
                  ),
              },
              { name: texts.ends, cell: (session) => <Time at={session.expires_at} /> },
              {
                name: texts.action,
                cell: ({ id: portal_session }) => (
                  <EndSession
                    id={portal_session}
                    listed="portal-sessions"
                    label={texts.end}
                    hint={texts.endPortalHint}
                    end={() =>
                      dataOf(
                        api.DELETE('/v1/tenants/{tenant}/portal-sessions/{portal_session}', {
                          params: { path: { tenant: id, portal_session } },
                        }),
                      )
                    }
                  />
                ),
              },
            ]}
          />
        )}
      </PagesView>
    </Card>
  );
}
