/** The words of the e-mail about exhausted deliveries: what failed, where to look, how to retry. */
import type { DeliveriesNotice, ExhaustedDelivery } from '../domain/notice.ts';
import { command, escapeHtml, footer, footerText, page } from './html.ts';

/** @param publicUrl where the API is reached */
export function deliveriesMessage(
  notice: DeliveriesNotice,
  publicUrl: string,
): { subject: string; text: string; html: string } {
  const { tenant, endpoint, deliveries, total } = notice;
  const what = total === 1 ? `a ${deliveries[0]?.eventType ?? ''} event` : `${total} events`;
  const host = new URL(endpoint.maskedUrl.split('?')[0] ?? '').host;
  const subject = `${tenant.name}: ${what} could not be delivered to ${host}`;
  const state = endpoint.disabled
    ? 'The endpoint has been disabled; enable it again before you retry.'
    : endpoint.stalled
      ? 'Nothing more is sent to this endpoint until a new event arrives for it. Then what waits follows.'
      : 'Later events are still delivered to this endpoint.';
  const link = (id: string) => `${publicUrl}/v1/deliveries/${id}`;
  const more = total - deliveries.length;
  const intro = `Tidings has given up on ${what} for ${endpoint.maskedUrl} after every attempt failed.`;
  const howTo = 'When the endpoint works again, send a delivery once more with';
  const retry = (id: string) => `curl -X POST -H "X-API-Key: $KEY" ${link(id)}/retry`;
  const example = deliveries[0]?.deliveryId ?? '';

  const text = [
    intro,
    '',
    ...deliveries.map((d) => `- ${d.eventType}, event ${d.eventId}: ${reason(d)}\n  ${link(d.deliveryId)}`),
    ...(more > 0 ? [`… and ${more} more.`] : []),
    '',
    state,
    '',
    howTo,
    `  ${retry(example)}`,
    '',
    footerText(tenant, endpoint),
  ].join('\n');

  const rows = deliveries
    .map(
      (
        d,
      ) => `<tr><td>${escapeHtml(d.eventType)}</td><td><a href="${escapeHtml(link(d.deliveryId))}">${escapeHtml(d.eventId)}</a></td>
<td>${escapeHtml(reason(d))}</td></tr>`,
    )
    .join('\n');
  const html = page(`<p>${escapeHtml(intro)}</p>
<table cellpadding="6" style="border-collapse:collapse" border="1"><tr><th align="left">Event type</th><th align="left">Event</th><th align="left">Why</th></tr>
${rows}</table>
${more > 0 ? `<p>… and ${more} more.</p>` : ''}
<p>${escapeHtml(state)}</p>
<p>${escapeHtml(howTo)}</p>${command(retry(example))}
${footer(tenant, endpoint)}`);
  return { subject, text, html };
}

function reason(delivery: ExhaustedDelivery): string {
  const { attemptCount, lastError, lastResponseStatus } = delivery;
  const attempts = `${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}`;
  const last = lastResponseStatus === null ? (lastError ?? 'unknown error') : `status ${lastResponseStatus}`;
  return `${attempts}, the last one: ${last}`;
}
