/** Keys: those of a tenant, or the operator's. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Card } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { CreateKey } from './create-key.tsx';
import { ShownOnce } from './shown-once.tsx';

type Key = Schemas['Key'];

/** @param tenant `null`: the admin keys */
export function Keys({ tenant }: { tenant: string | null }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<Schemas['NewKey'] | null>(null);
  const pages = usePages(['keys', tenant], (cursor) =>
    dataOf(
      api.GET('/v1/keys', {
        params: {
          query: { limit: 100, ...(tenant !== null && { tenant }), ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  const none = tenant === null ? texts.noAdminKeysHint : texts.noKeysHint;
  const shown = pages.items.filter(({ kind }) => (tenant === null ? kind === 'admin' : true));
  return (
    <Card
      title={tenant === null ? texts.adminKeys : texts.keys}
      actions={
        !isCreating && (
          <Button icon="plus" onClick={() => setCreating(true)}>
            {texts.createKey}
          </Button>
        )
      }
    >
      <p className="muted">{texts.keysHint}</p>
      {made && (
        <ShownOnce
          title={texts.newKey}
          hint={texts.newKeyHint}
          value={made.key}
          onDone={() => setMade(null)}
        />
      )}
      {isCreating && (
        <CreateKey
          tenant={tenant}
          onClose={() => setCreating(false)}
          onMade={(key) => {
            setCreating(false);
            setMade(key);
          }}
        />
      )}
      <PagesView pages={pages} empty={<p>{none}</p>}>
        {() => (shown.length === 0 ? <p>{none}</p> : <KeyTable keys={shown} />)}
      </PagesView>
    </Card>
  );
}

function KeyTable({ keys }: { keys: readonly Key[] }) {
  const { settings: texts } = useTexts();
  return (
    <Table
      label={texts.keys}
      rows={keys}
      keyOf={(key) => key.id}
      columns={[
        {
          name: texts.key,
          cell: (key) => (
            <div>
              <bdi>{key.name ?? texts.endsWith(key.hint)}</bdi>
              {key.name && <div className="muted">{texts.endsWith(key.hint)}</div>}
              <small className="muted mono">{key.id}</small>
            </div>
          ),
        },
        {
          name: texts.scopes,
          cell: ({ kind, scopes }) =>
            kind === 'admin' ? texts.everything : scopes.map((scope) => texts.scope[scope]).join(', '),
        },
        { name: texts.lastUsed, cell: (key) => <Time at={key.last_used_at} /> },
        { name: texts.created, isMinor: true, cell: (key) => <Time at={key.created_at} /> },
        { name: texts.action, cell: (key) => <Revoke apiKey={key} /> },
      ]}
    />
  );
}

function Revoke({ apiKey }: { apiKey: Key }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [isAsking, setAsking] = useState(false);
  const name = apiKey.name ?? apiKey.id;
  const submission = useSubmission(
    () => dataOf(api.DELETE('/v1/keys/{key}', { params: { path: { key: apiKey.id } } })),
    () => {
      setAsking(false);
      void queries.invalidateQueries({ queryKey: ['keys'] });
      void queries.invalidateQueries({ queryKey: ['sessions'] });
      announce(texts.revoked);
    },
  );
  return (
    <>
      <Button look="small" aria-label={`${texts.revoke} ${name}`} onClick={() => setAsking(true)}>
        {texts.revoke}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={texts.revokeTitle(name)}
          submission={submission}
          onClose={() => setAsking(false)}
          look="danger"
        >
          <p>{texts.revokeHint}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
