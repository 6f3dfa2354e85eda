/** Tells the tenant's contacts by e-mail: what failed, where to look, how to retry. */
import { createTransport, type Transporter } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { Channel, ExhaustedDelivery, Notice } from '../domain/notice.ts';

export type EmailOptions = {
  /** `smtp://…` or `smtps://…` */
  smtpUrl: string;
  from: string;
  /** where the API is reached, without a trailing slash; asked each time, for an embedded one learns its port late */
  publicUrl: () => string;
};

const SMTP_TIMEOUT_MS = 20_000;

/** Its `tell` throws when the mail server does not take the message: the caller tries again later. */
export function emailChannel(options: EmailOptions): Channel {
  const transport: Transporter = createTransport({
    url: options.smtpUrl,
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
  } as SMTPTransport.Options);
  return {
    name: 'email',
    async tell(notice) {
      if (notice.tenant.contacts.length === 0) return;
      await transport.sendMail({
        from: options.from,
        to: notice.tenant.contacts,
        // The same notice is the same message, even when a crash makes it go out twice.
        messageId: `<${notice.id}@tidings>`,
        headers: { 'auto-submitted': 'auto-generated' },
        ...composeEmail(notice, options.publicUrl()),
      });
    },
  };
}

/** Subject, text and HTML. */
function composeEmail(notice: Notice, publicUrl: string): { subject: string; text: string; html: string } {
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
    `Tenant ${tenant.name} (${tenant.id}), endpoint ${endpoint.id}`,
  ].join('\n');

  const rows = deliveries
    .map(
      (
        d,
      ) => `<tr><td>${escapeHtml(d.eventType)}</td><td><a href="${escapeHtml(link(d.deliveryId))}">${escapeHtml(d.eventId)}</a></td>
<td>${escapeHtml(reason(d))}</td></tr>`,
    )
    .join('\n');
  const html = `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c2024;max-width:40rem">
<p>${escapeHtml(intro)}</p>
<table cellpadding="6" style="border-collapse:collapse" border="1"><tr><th align="left">Event type</th><th align="left">Event</th><th align="left">Why</th></tr>
${rows}</table>
${more > 0 ? `<p>… and ${more} more.</p>` : ''}
<p>${escapeHtml(state)}</p>
<p>${escapeHtml(howTo)}</p><pre style="background:#f4f4f5;padding:.75rem;white-space:pre-wrap">${escapeHtml(retry(example))}</pre>
<p style="color:#60646c">Tenant ${escapeHtml(tenant.name)} (${escapeHtml(tenant.id)}), endpoint ${escapeHtml(endpoint.id)}</p>
</body></html>`;
  return { subject, text, html };
}

function reason(delivery: ExhaustedDelivery): string {
  const { attemptCount, lastError, lastResponseStatus } = delivery;
  const attempts = `${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}`;
  const last = lastResponseStatus === null ? (lastError ?? 'unknown error') : `status ${lastResponseStatus}`;
  return `${attempts}, the last one: ${last}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
