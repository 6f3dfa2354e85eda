/** A row of the audit log: who did what to which, with what was there before and after. */
import type { Schemas } from '@tidings/client';
import { useFormat } from '../../context/format.ts';
import { useViewer } from '../../context/session.tsx';
import type { IconName } from '../../parts/icon.tsx';
import { Facts } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { actionOf, actorOf, changesOf, factsOf, pathOf } from './audit-words.ts';
import styles from './happenings.module.css';
import { EndpointLink, Happening, IdLink, isGone, TenantLink } from './happenings.tsx';

const ICONS: Record<string, IconName> = {
  tenant: 'tenants',
  endpoint: 'endpoint',
  event: 'event',
  event_type: 'catalogue',
  delivery: 'delivery',
  contact: 'delivery',
};

/** @param isOfAll whether it is a list of all tenants, so that each says which it is */
export function AuditRow({ entry, isOfAll }: { entry: Schemas['AuditEntry']; isOfAll: boolean }) {
  const texts = useTexts();
  const { entrance } = useViewer();
  const format = useFormat();
  const { tenant_id: tenant, object_id: object } = entry;
  const path = pathOf(entry);
  const isElsewhere = isOfAll && tenant !== null;
  const href =
    path === null || (isElsewhere && isGone(entry.tenant))
      ? null
      : isElsewhere
        ? `/tenants/${tenant}${path}`
        : path;
  const changes = changesOf(entry, texts, format);
  const facts = factsOf(entry, texts, format);
  return (
    <Happening
      id={entry.id}
      at={entry.at}
      icon={ICONS[entry.action.split('.')[0] ?? ''] ?? 'gear'}
      tone="quiet"
      about={[
        ...(isElsewhere ? [<TenantLink key="t" id={tenant} tenant={entry.tenant} />] : []),
        ...(object === null
          ? []
          : [
              entry.endpoint ? (
                <EndpointLink key="o" id={object} names={entry.endpoint} href={href} />
              ) : (
                <IdLink key="o" id={object} href={href} />
              ),
            ]),
        ...facts.map(({ name, value }) => (
          <span key={name}>
            {name !== null && `${name}: `}
            <bdi>{value}</bdi>
          </span>
        )),
      ]}
      more={
        <details className={styles.more}>
          <summary>{texts.activity.details}</summary>
          <Facts
            facts={[
              [texts.activity.key, <code key="key">{entry.actor.key_id}</code>],
              [texts.activity.action, <code key="action">{entry.action}</code>],
              [texts.activity.request, <code key="request">{entry.request_id}</code>],
              [texts.activity.entry, <code key="entry">{entry.id}</code>],
            ]}
          />
        </details>
      }
    >
      {actionOf(entry, texts)}{' '}
      <span className="muted">
        {texts.activity.by} <bdi title={entry.actor.key_id}>{actorOf(entry, texts, entrance)}</bdi>
      </span>
      {changes.length > 0 && (
        <ul className={styles.changes}>
          {changes.map(({ name, before, after }) => (
            <li key={name}>
              {name}: <del dir="auto">{before}</del> <span aria-hidden="true">→</span>{' '}
              <ins dir="auto">{after}</ins>
            </li>
          ))}
        </ul>
      )}
    </Happening>
  );
}
