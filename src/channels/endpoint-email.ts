/**
 * Composes the e-mail about an endpoint: what failed for good, how the endpoint stands, where to look and what to do. A message may be sent
 * long after what it tells of. So what happened is told in the past, with its time; what is, and what to do, follows from the endpoint as
 * it is when the message is sent.
 */
import type { EndpointChange, EndpointMessage, ExhaustedDelivery } from '../domain/notification.ts';
import type { Block, Letter } from './email-layout.ts';

/** Where its reader can look and act: base URLs without a trailing slash. */
export type Places = {
  api: string;
  /** `null`: no pages are served */
  dashboard: string | null;
};

export function endpointLetter(message: EndpointMessage, places: Places): Letter {
  const { tenant, endpoint, changes, total } = message;
  const words = changes.map((change) => wordsOf(change, message, places));
  const last = words.at(-1);
  const host = hostOf(endpoint.maskedUrl);
  const about = [
    ...(last === undefined ? [] : [`${host} ${last.headline}`]),
    ...(total === 0
      ? []
      : [`${whatFailed(message)} could not be delivered${last === undefined ? ` to ${host}` : ''}`]),
  ];
  return {
    subject: `${tenant.name}: ${about.join(', and ')}`,
    blocks: [
      ...(last?.blocks ?? []),
      ...(message.changesTotal > 1 ? earlierChanges(message) : []),
      ...(total > 0 ? givenUp(message, places) : []),
      { footer: `Tenant ${tenant.name} (${tenant.id}), endpoint ${endpoint.id}` },
    ],
  };
}

const hostOf = (maskedUrl: string) => {
  const address = maskedUrl.split('?')[0] ?? '';
  return URL.canParse(address) ? new URL(address).host : address;
};

const whatFailed = ({ total, deliveries }: EndpointMessage) =>
  total === 1 ? `a ${deliveries[0]?.eventType ?? ''} event` : `${total} events`;

function givenUp(message: EndpointMessage, { api, dashboard }: Places): Block[] {
  const { tenant, endpoint, deliveries, total } = message;
  const inApi = (id: string) => `${api}/v1/deliveries/${id}`;
  const page = (id: string) =>
    dashboard === null ? inApi(id) : `${dashboard}/tenants/${tenant.id}/deliveries/${id}`;
  const first = deliveries.find(({ isErased }) => !isErased);
  const more = total - deliveries.length;
  return [
    {
      paragraph: `Tidings has given up on ${whatFailed(message)} for ${endpoint.maskedUrl}: no further attempt is planned.`,
    },
    {
      items: deliveries.map((d) => ({
        text: `${d.eventType}, event ${d.eventId}: ${reason(d)}`,
        href: page(d.deliveryId),
      })),
    },
    ...(more > 0 ? [{ paragraph: `… and ${more} more.` }] : []),
    { paragraph: outlook(endpoint) },
    ...(endpoint.deleted || first === undefined
      ? []
      : [
          {
            paragraph:
              dashboard === null
                ? 'When the endpoint works again, send a delivery once more with'
                : 'When the endpoint works again, open a delivery and press “Retry now”, or send it once more with',
          },
          { commands: [`curl -X POST -H "X-API-Key: $KEY" ${inApi(first.deliveryId)}/retry`] },
        ]),
  ];
}

function outlook({ deleted, disabled, stalled }: EndpointMessage['endpoint']): string {
  if (deleted) return 'The endpoint has been deleted since: nothing more can be sent to it.';
  if (disabled) return 'The endpoint is disabled; enable it again before you retry.';
  if (stalled)
    return 'Its other deliveries are held until a new event arrives for this endpoint and is delivered.';
  return 'Later events are still delivered to this endpoint.';
}

/** A status tells nothing where the last attempt failed otherwise, or was not made: it may be that of an attempt before. */
function reason(delivery: ExhaustedDelivery): string {
  const { attemptCount, lastError, lastResponseStatus } = delivery;
  const attempts =
    attemptCount === 0 ? 'no attempt' : `${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}`;
  const since = happenedSince(delivery);
  if (attemptCount === 0 || lastError === 'unsendable')
    return `${attempts}: it could not be sent (${lastError ?? 'unknown error'})${since}`;
  const isAnswer = lastError === 'http_status' || lastError === 'redirect_refused';
  const last =
    isAnswer && lastResponseStatus !== null ? `status ${lastResponseStatus}` : (lastError ?? 'unknown error');
  return `${attempts}, the last one: ${last}${since}`;
}

function happenedSince({ isErased, isRetried }: ExhaustedDelivery): string {
  if (isErased) return '; its payload is erased, so it cannot be sent again';
  return isRetried ? '; a retry by hand is under way' : '';
}

function earlierChanges({ changes, changesTotal }: EndpointMessage): Block[] {
  const more = changesTotal - changes.length;
  return [
    { paragraph: `This is the last of ${changesTotal} changes since the previous message:` },
    ...(more > 0 ? [{ paragraph: `${more} earlier ones …` }] : []),
    {
      items: changes.map((change) => ({ text: `${change.at.toUTCString()}: it ${HAPPENED[change.what]}` })),
    },
  ];
}

const HAPPENED: Record<EndpointChange['what'], string> = {
  failing: 'kept failing',
  disabled: 'was switched off',
  recovered: 'worked again',
};

type State = 'deleted' | 'disabled' | 'failing' | 'working';

/** The state of an endpoint when the message is sent. */
function stateOf({ deleted, disabled, failingSince }: EndpointMessage['endpoint']): State {
  if (deleted) return 'deleted';
  if (disabled) return 'disabled';
  return failingSince === null ? 'working' : 'failing';
}

const DELETED = { paragraph: 'The endpoint has been deleted since: nothing more is sent to it.' };
const DISABLED = {
  paragraph: 'The endpoint is disabled now: nothing more is sent to it until it is enabled.',
};

// Long because it holds three texts, each in one piece.
function wordsOf(
  change: EndpointChange,
  { endpoint, tenant }: EndpointMessage,
  { api, dashboard }: Places,
): { headline: string; blocks: Block[] } {
  const { failingSince, consecutiveFailures } = change;
  const state = stateOf(endpoint);
  const at = change.at.toUTCString();
  const here = `${api}/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`;
  const page: Block[] =
    dashboard === null
      ? []
      : [{ link: `${dashboard}/tenants/${tenant.id}/endpoints/${endpoint.id}`, label: 'In the dashboard' }];
  const since = failingSince === null ? '' : ` since ${failingSince.toUTCString()}`;
  const failures = `${consecutiveFailures} ${consecutiveFailures === 1 ? 'attempt' : 'attempts'} in a row`;
  const json = '-H "X-API-Key: $KEY" -H "Content-Type: application/json"';
  const missedSince = (failingSince ?? change.at).toISOString();
  const recover = `curl -X POST ${json} -d '{"since":"${missedSince}"}' ${here}/recover`;
  const missed = [
    { paragraph: 'To send the deliveries that it has missed:' },
    ...page,
    { commands: [recover] },
  ];
  switch (change.what) {
    case 'failing':
      return {
        headline: state === 'failing' ? 'keeps failing' : HAPPENED.failing,
        blocks: [
          {
            paragraph: `On ${at}, every attempt to deliver to ${endpoint.maskedUrl} had failed${since}: ${failures}.`,
          },
          ...whatFollows(endpoint),
          { paragraph: 'What came back is in the log of its deliveries:' },
          ...page,
          {
            commands: [
              `curl -H "X-API-Key: $KEY" "${api}/v1/tenants/${tenant.id}/deliveries?endpoint_id=${endpoint.id}"`,
            ],
          },
        ],
      };
    case 'disabled':
      return {
        headline: HAPPENED.disabled,
        blocks: [
          {
            paragraph:
              change.reason === 'gone'
                ? `The endpoint answered 410 (Gone), and was switched off on ${at}.`
                : `Every attempt to deliver to the endpoint had failed${since}: ${failures}. It was switched off on ${at}.`,
          },
          { paragraph: `Its URL is ${endpoint.maskedUrl}.` },
          ...(change.deliveriesEnded > 0
            ? [
                {
                  paragraph: `${change.deliveriesEnded} ${change.deliveriesEnded === 1 ? 'delivery that was waiting for it has' : 'deliveries that were waiting for it have'} failed, too.`,
                },
              ]
            : []),
          ...(state === 'deleted'
            ? [DELETED]
            : state === 'disabled'
              ? [
                  {
                    paragraph:
                      'Nothing more is sent to it. When the endpoint works again, enable it. Then send the deliveries that it has missed:',
                  },
                  ...page,
                  { commands: [`curl -X PATCH ${json} -d '{"enabled":true}' ${here}`, recover] },
                ]
              : [{ paragraph: 'It has been enabled again since.' }, ...missed]),
        ],
      };
    case 'recovered':
      return {
        headline: state === 'working' ? 'works again' : HAPPENED.recovered,
        blocks: [
          {
            paragraph: `A delivery has got through to ${endpoint.maskedUrl}, which had been failing${since}. That was on ${at}.`,
          },
          ...(state === 'working' ? [] : whatFollows(endpoint)),
          ...(state === 'working' || state === 'failing' ? missed : []),
        ],
      };
  }
}

/** What becomes of an endpoint that was failing: nothing but an attempt that fails switches it off. */
function whatFollows(endpoint: EndpointMessage['endpoint']): Block[] {
  const { failingSince, switchOffAt, asOf } = endpoint;
  switch (stateOf(endpoint)) {
    case 'deleted':
      return [DELETED];
    case 'disabled':
      return [DISABLED];
    case 'working':
      return [
        {
          paragraph:
            'It does not count as failing now: a delivery has got through since, or it was enabled anew.',
        },
      ];
    case 'failing': {
      const since = failingSince === null ? '' : ` since ${failingSince.toUTCString()}`;
      const when =
        switchOffAt !== null && switchOffAt > asOf
          ? `the first attempt that fails on ${switchOffAt.toUTCString()} or later`
          : 'the next attempt that fails';
      return [
        {
          paragraph: `It has been failing${since}. Unless something gets through before, ${when} switches it off, if it is the third in a row or a later one, and nothing more is sent to it then.`,
        },
      ];
    }
  }
}
