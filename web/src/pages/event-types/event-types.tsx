/** The catalogue of event types: the contract's and the tenant's own. */
import { Link } from 'wouter';
import { useFormat } from '../../context/format.ts';
import { useParam } from '../../context/params.ts';
import { useViewer } from '../../context/session.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { Badge } from '../../parts/badge.tsx';
import { PlaceButton } from '../../parts/button.tsx';
import { Checkbox } from '../../parts/field.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Table } from '../../parts/table.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import { listenersOf, useListening } from './listeners.ts';
import { TypeDescription } from './type-description.tsx';
import { type EventType, useEventTypes } from './use-event-types.ts';

export function EventTypes() {
  const { shell, eventTypes: texts } = useTexts();
  const { can } = useViewer();
  const [q, setQ] = useParam('q');
  const [archived, setArchived] = useParam('archived');
  const { data: types, error, refetch } = useEventTypes(archived === 'true');
  useRowKeys('tbody td:first-child a');
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = types?.filter(({ name, description }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  const create = can('manage') && (
    <PlaceButton look="primary" icon="plus" href="/event-types/new">
      {texts.create}
    </PlaceButton>
  );
  return (
    <Page title={shell.eventTypes} actions={types !== undefined && types.length > 0 && create}>
      <div className="spread">
        <SearchField value={q} onValue={setQ} placeholder={texts.searchHint} />
        <Checkbox
          label={texts.showArchived}
          checked={archived === 'true'}
          onChecked={(isShown) => setArchived(isShown ? 'true' : '')}
        />
      </div>
      {found === undefined ? (
        error ? (
          <ProblemNotice problem={error} onRetry={refetch} />
        ) : (
          <Loading rows={6} />
        )
      ) : found.length > 0 ? (
        <Catalogue types={found} />
      ) : q !== '' ? (
        <Empty title={texts.noneFound}>{texts.noneFoundHint}</Empty>
      ) : (
        <Empty title={texts.none} action={create}>
          {texts.noneHint}
        </Empty>
      )}
    </Page>
  );
}

function Catalogue({ types }: { types: readonly EventType[] }) {
  const { shell, eventTypes: texts } = useTexts();
  const format = useFormat();
  const listening = useListening();
  return (
    <Table
      label={shell.eventTypes}
      rows={types}
      keyOf={(type) => type.name}
      columns={[
        {
          name: texts.name,
          cell: (type) => (
            <>
              <Link href={`/event-types/${encodeURIComponent(type.name)}`}>
                <span className="mono">
                  <TypeName name={type.name} />
                </span>
              </Link>{' '}
              {type.archived_at && <Badge tone="quiet">{texts.archived}</Badge>}
            </>
          ),
        },
        { name: texts.description, cell: (type) => <TypeDescription type={type} /> },
        { name: texts.origin, isMinor: true, cell: (type) => texts.origins[type.origin] },
        {
          name: texts.listeners,
          isNumber: true,
          cell: (type) =>
            listening === undefined ? '' : format.number(listenersOf(listening, type.name).length),
        },
      ]}
    />
  );
}
