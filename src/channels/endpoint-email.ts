/** Composes the e-mail about an endpoint: what failed for good, the state of the endpoint, where to look and what to do. */
import type { EndpointChange, EndpointMessage, ExhaustedDelivery } from '../domain/notification.ts';
import type { Block, Letter } from './email-layout.ts';

/** @param publicUrl where the API is reached */
export function endpointLetter(message: EndpointMessage, publicUrl: string): Letter {
  const { tenant, endpoint, changes, total } = message;
  const words = changes.map((change) => wordsOf(change, message, publicUrl));
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
      ...(total > 0 ? givenUp(message, publicUrl) : []),
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

function givenUp(message: EndpointMessage, publicUrl: string): Block[] {
  const { endpoint, deliveries, total } = message;
  const state = endpoint.disabled
    ? 'The endpoint has been disabled; enable it again before you retry.'
    : endpoint.stalled
      ? 'Its other deliveries are held until a new event arrives for this endpoint and is delivered.'
      : 'Later events are still delivered to this endpoint.';
  const link = (id: string) => `${publicUrl}/v1/deliveries/${id}`;
  const more = total - deliveries.length;
  return [
    {
      paragraph: `Tidings has given up on ${whatFailed(message)} for ${endpoint.maskedUrl}: no further attempt is planned.`,
    },
    {
      items: deliveries.map((d) => ({
        text: `${d.eventType}, event ${d.eventId}: ${reason(d)}`,
        href: link(d.deliveryId),
      })),
    },
    ...(more > 0 ? [{ paragraph: `… and ${more} more.` }] : []),
    { paragraph: state },
    { paragraph: 'When the endpoint works again, send a delivery once more with' },
    {
      commands: [`curl -X POST -H "X-API-Key: $KEY" ${link(deliveries[0]?.deliveryId ?? '')}/retry`],
    },
  ];
}

/** A status tells nothing where the last attempt failed otherwise, or was not made: it may be that of an attempt before. */
function reason({ attemptCount, lastError, lastResponseStatus }: ExhaustedDelivery): string {
  const attempts =
    attemptCount === 0 ? 'no attempt' : `${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}`;
  if (attemptCount === 0 || lastError === 'unsendable')
    return `${attempts}: it could not be sent (${lastError ?? 'unknown error'})`;
  const isAnswer = lastError === 'http_status' || lastError === 'redirect_refused';
  const last =
    isAnswer && lastResponseStatus !== null ? `status ${lastResponseStatus}` : (lastError ?? 'unknown error');
  return `${attempts}, the last one: ${last}`;
}

function earlierChanges({ changes, changesTotal }: EndpointMessage): Block[] {
  const more = changesTotal - changes.length;
  return [
    { paragraph: `This is the last of ${changesTotal} changes since the previous message:` },
    ...(more > 0 ? [{ paragraph: `${more} earlier ones …` }] : []),
    {
      items: changes.map((change) => ({ text: `${change.at.toUTCString()}: it ${HEADLINES[change.what]}` })),
    },
  ];
}

const HEADLINES: Record<EndpointChange['what'], string> = {
  failing: 'keeps failing',
  disabled: 'was switched off',
  recovered: 'works again',
};

// Long because it holds three texts, each in one piece.
function wordsOf(
  change: EndpointChange,
  { endpoint, tenant }: EndpointMessage,
  publicUrl: string,
): { headline: string; blocks: Block[] } {
  const { failingSince, consecutiveFailures } = change;
  const here = `${publicUrl}/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`;
  const since = failingSince === null ? '' : ` since ${failingSince.toUTCString()}`;
  const failures = `${consecutiveFailures} ${consecutiveFailures === 1 ? 'attempt' : 'attempts'} in a row`;
  const json = '-H "X-API-Key: $KEY" -H "Content-Type: application/json"';
  const recover = `curl -X POST ${json} -d '{"since":"${failingSince?.toISOString() ?? ''}"}' ${here}/recover`;
  const headline = HEADLINES[change.what];
  switch (change.what) {
    case 'failing':
      return {
        headline,
        blocks: [
          {
            paragraph: `Every attempt to deliver to ${endpoint.maskedUrl} has failed${since}: ${failures}.`,
          },
          {
            paragraph: `If nothing gets through, the endpoint is switched off on ${change.disabledAt.toUTCString()}, and nothing more is sent to it.`,
          },
          { paragraph: 'What came back is in the log of its deliveries:' },
          {
            commands: [
              `curl -H "X-API-Key: $KEY" "${publicUrl}/v1/tenants/${tenant.id}/deliveries?endpoint_id=${endpoint.id}"`,
            ],
          },
        ],
      };
    case 'disabled':
      return {
        headline,
        blocks: [
          {
            paragraph:
              change.reason === 'gone'
                ? `${endpoint.maskedUrl} answered 410 (Gone). Nothing more is sent to it.`
                : `Every attempt to deliver to ${endpoint.maskedUrl} has failed${since}: ${failures}. Nothing more is sent to it.`,
          },
          ...(change.deliveriesEnded > 0
            ? [
                {
                  paragraph: `${change.deliveriesEnded} ${change.deliveriesEnded === 1 ? 'delivery that was waiting for it has' : 'deliveries that were waiting for it have'} failed, too.`,
                },
              ]
            : []),
          {
            paragraph:
              'When the endpoint works again, enable it. Then send the deliveries that it has missed:',
          },
          { commands: [`curl -X PATCH ${json} -d '{"enabled":true}' ${here}`, recover] },
        ],
      };
    case 'recovered':
      return {
        headline,
        blocks: [
          {
            paragraph: `A delivery has got through to ${endpoint.maskedUrl}, which had been failing${since}.`,
          },
          { paragraph: 'To send the deliveries that it has missed:' },
          { commands: [recover] },
        ],
      };
  }
}
