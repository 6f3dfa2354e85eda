/** Tells the tenant's contacts by e-mail: what failed, where to look, how to retry. */
import { createTransport, type Transporter } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { Channel, Notice } from '../domain/notice.ts';
import { deliveriesMessage } from './deliveries-message.ts';
import { endpointMessage } from './endpoint-message.ts';

export type EmailOptions = {
  /** `smtp://…` or `smtps://…` */
  smtpUrl: string;
  from: string;
  /** PEM of the authorities trusted for the mail server's TLS; default: Node's */
  authorities?: readonly string[] | undefined;
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
    ...(options.authorities && { tls: { ca: [...options.authorities] } }),
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
        ...composed(notice, options.publicUrl()),
      });
    },
  };
}

function composed(notice: Notice, publicUrl: string): { subject: string; text: string; html: string } {
  return notice.about === 'deliveries'
    ? deliveriesMessage(notice, publicUrl)
    : endpointMessage(notice, publicUrl);
}
