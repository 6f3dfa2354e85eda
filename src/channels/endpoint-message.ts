/** The words of the e-mails about an endpoint: it keeps failing, it was switched off, it works again. */
import type { EndpointNotice } from '../domain/notice.ts';
import { command, escapeHtml, footer, footerText, page } from './html.ts';

type Words = { subject: string; paragraphs: string[]; commands: string[] };

/** @param publicUrl where the API is reached */
export function endpointMessage(
  notice: EndpointNotice,
  publicUrl: string,
): { subject: string; text: string; html: string } {
  const { tenant, endpoint } = notice;
  const { subject, paragraphs, commands } = wordsOf(notice, publicUrl);
  return {
    subject: `${tenant.name}: ${subject}`,
    text: [
      ...paragraphs.flatMap((paragraph) => [paragraph, '']),
      ...commands.map((line) => `  ${line}`),
      ...(commands.length > 0 ? [''] : []),
      footerText(tenant, endpoint),
    ].join('\n'),
    html: page(
      [
        ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
        ...(commands.length > 0 ? [command(commands.join('\n'))] : []),
        footer(tenant, endpoint),
      ].join('\n'),
    ),
  };
}

function wordsOf(notice: EndpointNotice, publicUrl: string): Words {
  const { endpoint, tenant, failingSince, consecutiveFailures } = notice;
  const { host } = new URL(endpoint.maskedUrl.split('?')[0] ?? '');
  const here = `${publicUrl}/v1/tenants/${tenant.id}/endpoints/${endpoint.id}`;
  const since = failingSince === null ? '' : ` since ${failingSince.toUTCString()}`;
  const failures = `${consecutiveFailures} ${consecutiveFailures === 1 ? 'attempt' : 'attempts'} in a row`;
  switch (notice.what) {
    case 'failing':
      return {
        subject: `${host} keeps failing`,
        paragraphs: [
          `Every attempt to deliver to ${endpoint.maskedUrl} has failed${since}: ${failures}.`,
          `If nothing gets through, the endpoint is switched off on ${notice.disabledAt.toUTCString()}, and nothing more is sent to it.`,
          'What came back is in the log of its deliveries:',
        ],
        commands: [
          `curl -H "X-API-Key: $KEY" "${publicUrl}/v1/tenants/${tenant.id}/deliveries?endpoint_id=${endpoint.id}"`,
        ],
      };
    case 'disabled':
      return {
        subject: `${host} was switched off`,
        paragraphs: [
          notice.reason === 'gone'
            ? `${endpoint.maskedUrl} answered 410 (Gone). Nothing more is sent to it.`
            : `Every attempt to deliver to ${endpoint.maskedUrl} has failed${since}: ${failures}. Nothing more is sent to it.`,
          ...(notice.deliveriesEnded > 0
            ? [
                `${notice.deliveriesEnded} that waited for it ${notice.deliveriesEnded === 1 ? 'has' : 'have'} failed with it.`,
              ]
            : []),
          'When the endpoint works again, enable it, and then have sent what it has missed:',
        ],
        commands: [
          `curl -X PATCH -H "X-API-Key: $KEY" -H "Content-Type: application/json" -d '{"enabled":true}' ${here}`,
          `curl -X POST -H "X-API-Key: $KEY" -H "Content-Type: application/json" -d '{"since":"${failingSince?.toISOString() ?? ''}"}' ${here}/recover`,
        ],
      };
    case 'recovered':
      return {
        subject: `${host} works again`,
        paragraphs: [
          `A delivery has got through to ${endpoint.maskedUrl}, which had been failing${since}.`,
          'To have sent what it has missed:',
        ],
        commands: [
          `curl -X POST -H "X-API-Key: $KEY" -H "Content-Type: application/json" -d '{"since":"${failingSince?.toISOString() ?? ''}"}' ${here}/recover`,
        ],
      };
  }
}
