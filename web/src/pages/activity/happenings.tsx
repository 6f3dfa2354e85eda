/** Rows of what happened: an icon, a sentence, when, and what it concerns. */
import type { Schemas } from '@tidings/client';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useFormat } from '../../context/format.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { ExactTime, Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { sentenceOf } from './event-sentence.ts';
import styles from './happenings.module.css';

export const Happenings = ({ children }: { children: ReactNode }) => (
  <ol className={styles.happenings}>{children}</ol>
);

export type Tone = 'good' | 'bad' | 'warn' | 'quiet';

/** @param about what it concerns, linked */
export const Happening = ({
  id,
  at,
  icon,
  tone,
  about,
  more,
  children,
}: {
  id: string;
  at: string;
  icon: IconName;
  tone: Tone;
  about: readonly ReactNode[];
  /** what few want to know */
  more?: ReactNode;
  children: ReactNode;
}) => (
  <li id={id}>
    <span className={styles[tone]}>
      <Icon name={icon} />
    </span>
    <div className={styles.text}>
      <div className="break">{children}</div>
      <div className={styles.about}>
        <span>
          <ExactTime at={at} /> (<Time at={at} />)
        </span>
        {about.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: their places are what they are
          <span key={index} className="break">
            {each}
          </span>
        ))}
      </div>
      {more}
    </div>
  </li>
);

/** Whether the tenant was deleted, so that neither it nor what it had has a page. */
export const isGone = (tenant: Schemas['AuditEntry']['tenant']): boolean => tenant?.deleted_at != null;

/** An id, linked where it has a page. */
export function IdLink({ id, href }: { id: string; href: string | null }) {
  const code = <code>{id}</code>;
  return href === null ? code : <Link href={href}>{code}</Link>;
}

/** A tenant by name, where several are shown. */
export function TenantLink({ id, tenant }: { id: string; tenant: Schemas['AuditEntry']['tenant'] }) {
  const { common } = useTexts();
  const name = <bdi>{tenant?.name ?? id}</bdi>;
  if (isGone(tenant))
    return (
      <>
        {name} ({common.deleted})
      </>
    );
  return <Link href={`/tenants/${id}`}>{name}</Link>;
}

/** An endpoint by its id, linked; one that was deleted has no page, and is told by its name. @param href `null`: its tenant has none */
export function EndpointLink({
  id,
  names,
  href,
}: {
  id: string;
  names: Schemas['OperationalEvent']['endpoint'];
  href: string | null;
}) {
  const { common } = useTexts();
  const name = names && <bdi>{names.description ?? names.url}</bdi>;
  if (names?.deleted_at == null && href !== null)
    return (
      <Link href={href}>
        {name} <code>{id}</code>
      </Link>
    );
  return (
    <>
      {name} <code>{id}</code>
      {names?.deleted_at != null && ` (${common.deleted})`}
    </>
  );
}

/** @param isOfAll whether it is a list of all tenants, so that each says which it is */
export function EventRow({ event, isOfAll }: { event: Schemas['OperationalEvent']; isOfAll: boolean }) {
  const texts = useTexts();
  const format = useFormat();
  const { text, tone, icon } = sentenceOf(event, texts, format);
  const { tenant_id: tenant, endpoint_id: endpoint, data } = event;
  const placeOf = (path: string) =>
    isOfAll && isGone(event.tenant) ? null : `${isOfAll ? `/tenants/${tenant}` : ''}${path}`;
  const delivery = typeof data.delivery_id === 'string' ? data.delivery_id : null;
  return (
    <Happening
      id={event.id}
      at={event.created_at}
      icon={icon}
      tone={tone}
      about={[
        ...(isOfAll && tenant !== null ? [<TenantLink key="t" id={tenant} tenant={event.tenant} />] : []),
        ...(endpoint === null
          ? []
          : [
              <EndpointLink
                key="e"
                id={endpoint}
                names={event.endpoint}
                href={placeOf(`/endpoints/${endpoint}`)}
              />,
            ]),
        ...(delivery === null
          ? []
          : [<IdLink key="d" id={delivery} href={placeOf(`/deliveries/${delivery}`)} />]),
      ]}
    >
      {text}
    </Happening>
  );
}
