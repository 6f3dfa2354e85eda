/** The values of an endpoint's form: from an endpoint, and to the body of the request that creates or changes one. */
import type { Schemas } from '@tidings/client';
import { durationsIn, durationsOf } from './durations.ts';

export type Profile = Schemas['Profile'];
export type Endpoint = Schemas['Endpoint'];

export type EndpointValues = {
  url: string;
  description: string;
  /** `null`: all, also those to come */
  eventTypes: readonly string[] | null;
  /** `''`: none is chosen yet */
  authType: string;
  /** `null`: the credentials that are set stay */
  authFields: Readonly<Record<string, string>> | null;
  secret: string;
  /** the kind of secret that is made */
  signature: string;
  timeoutMs: string;
  retries: 'contract' | 'none' | 'own';
  /** durations like `5m, 2h`, for `own` */
  schedule: string;
  perSecond: string;
  isOrdered: boolean;
  /** `null`: those that are set stay */
  headers: readonly { name: string; value: string }[] | null;
};

/** Of a new endpoint of the contract. */
export const newValues = (profile: Profile): EndpointValues => ({
  url: '',
  description: '',
  eventTypes: null,
  authType: profile.auth.default_type ?? '',
  authFields: {},
  secret: '',
  signature: profile.secret.kinds[0] ?? '',
  timeoutMs: '',
  retries: 'contract',
  schedule: '',
  perSecond: '',
  isOrdered: false,
  headers: [],
});

export const valuesOf = (endpoint: Endpoint): EndpointValues => ({
  url: endpoint.url,
  description: endpoint.description ?? '',
  eventTypes: endpoint.event_types,
  authType: endpoint.auth.type ?? '',
  authFields: null,
  secret: '',
  signature: '',
  timeoutMs: endpoint.timeout_ms?.toString() ?? '',
  retries:
    endpoint.retry_schedule === null ? 'contract' : endpoint.retry_schedule.length === 0 ? 'none' : 'own',
  schedule: durationsOf(endpoint.retry_schedule ?? []),
  perSecond: endpoint.rate_limit?.per_second.toString() ?? '',
  isOrdered: endpoint.ordered,
  headers: null,
});

/** A number as it was typed: what is none is sent as it is, and the API says what is wrong. */
function numberIn(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const number = Number(trimmed);
  return Number.isNaN(number) ? (trimmed as unknown as number) : number;
}

function scheduleIn({ retries, schedule }: EndpointValues): number[] | null {
  if (retries === 'contract') return null;
  return retries === 'none' ? [] : durationsIn(schedule).seconds;
}

/** The place of the first header that has a value and no name; -1: there is none. */
export const namelessHeader = (headers: NonNullable<EndpointValues['headers']>): number =>
  headers.findIndex(({ name, value }) => name.trim() === '' && value !== '');

/** Each field as the API takes it; `undefined`: it is not said. */
function fieldsOf(values: EndpointValues) {
  const perSecond = numberIn(values.perSecond);
  const headers = values.headers?.filter(({ name, value }) => name.trim() !== '' || value !== '');
  return {
    url: values.url.trim(),
    description: values.description.trim() || null,
    event_types: values.eventTypes === null ? null : [...values.eventTypes],
    auth:
      values.authType === '' || values.authFields === null
        ? undefined
        : ({ type: values.authType, ...values.authFields } as unknown as { type: 'none' }),
    headers: headers && Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value.trim()])),
    timeout_ms: numberIn(values.timeoutMs),
    retry_schedule: scheduleIn(values),
    rate_limit: perSecond === null ? null : { per_second: perSecond },
    ordered: values.isOrdered,
  };
}

/** The body of `endpoints.create`: what is left empty is not said. */
export function createBody(values: EndpointValues, profile: Profile): Schemas['CreateEndpoint'] {
  const given = fieldsOf(values);
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === null ||
    value === false ||
    (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);
  const said = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => name === 'url' || !isEmpty(value)),
  );
  const secret = values.secret.trim();
  const isOtherKind = values.signature !== (profile.secret.kinds[0] ?? '');
  return {
    url: given.url,
    ...said,
    ...(secret !== '' && { secret }),
    ...(isOtherKind && secret === '' && { signature: values.signature as 'ed25519' }),
  };
}

/** The body of `endpoints.update`: only what was changed. */
export function changesIn(values: EndpointValues, before: EndpointValues): Schemas['PatchEndpoint'] {
  const [now, then] = [fieldsOf(values), fieldsOf(before)];
  return Object.fromEntries(
    Object.entries(now).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(then[name as keyof typeof then]),
    ),
  );
}
