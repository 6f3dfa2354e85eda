/** Sends a message to one contact by e-mail, and reports what the mail server did with it. */
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import { z } from 'zod';
import { MASK } from '../domain/endpoint.ts';
import type { Channel, SendOutcome, TidingsMessage } from '../domain/notification.ts';
import { isMailbox, isUrl, text } from '../variable-kinds.ts';
import { channelFile } from './channel.ts';
import { type RenderedLetter, render } from './email-layout.ts';
import { endpointLetter, type Places } from './endpoint-email.ts';
import { linkLetter } from './verification-email.ts';

/** Ports of the web interfaces of mail catchers (Mailpit, MailHog; MailDev, MailCatcher), which show mails and take commands. */
const MAIL_CATCHER_PORTS = [8025, 1080];

export const email = channelFile({
  name: 'email',
  description: 'Sends an e-mail to each contact of the tenant. Needs `SMTP_URL`.',
  audience: 'contacts',
  variables: {
    SMTP_URL: text('mail URL', 'a URL like smtp://user:password@host:587 or smtps://host', (value) =>
      isUrl(value, { schemes: ['smtp', 'smtps'], userinfo: true, query: true }),
    )
      .optional()
      .describe(
        'Mail server for notifications (`smtp://user:password@host:587`). Without it they are logged.',
      ),
    TIDINGS_MAIL_FROM: text('mailbox', 'an address like Tidings <tidings@example.com>', isMailbox)
      .default('Tidings <tidings@localhost>')
      .describe('Sender of the notifications.'),
  },
  contacts: {
    // Limits of RFC 5321, section 4.5.3.1, for the part before the @ and for the whole address.
    schema: z
      .email()
      .regex(/^[^@]{1,64}@/, 'has too long a name before the @')
      .max(254),
    takes: (address) => address.includes('@'),
    mask: (address) => `${MASK}${address.slice(address.lastIndexOf('@'))}`,
    examples: ['ops@example.com', "Jane.O'Neil+alerts@mail.example.org"],
  },
  secrets: ({ SMTP_URL }) => (SMTP_URL === undefined ? [] : passwordsIn(new URL(SMTP_URL))),
  services: ({ SMTP_URL: url }) => {
    if (url === undefined) return [];
    return [{ url, defaultPort: url.startsWith('smtps:') ? 465 : 587, otherPorts: MAIL_CATCHER_PORTS }];
  },
  create: ({ SMTP_URL: smtpUrl, TIDINGS_MAIL_FROM: from }, { publicUrl, dashboardUrl, authorities }) =>
    smtpUrl === undefined ? null : emailChannel({ smtpUrl, from, publicUrl, dashboardUrl, authorities }),
  trial: ({ mailUrl }) => ({ SMTP_URL: mailUrl, TIDINGS_MAIL_FROM: 'Tidings <tidings@example.com>' }),
});

/** The password as it is written, and as the mail server gets it. */
function passwordsIn({ password }: URL): string[] {
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

export type EmailOptions = {
  /** `smtp://…` or `smtps://…` */
  smtpUrl: string;
  from: string;
  /** PEM of the authorities trusted for the mail server's TLS; default: Node's */
  authorities?: readonly string[] | undefined;
  /** base URL of the API without a trailing slash; a function, because an embedded service learns its port late */
  publicUrl: () => string;
  /** base URL of the dashboard without a trailing slash; `null`: no pages are served */
  dashboardUrl: () => string | null;
  /** how long the mail server may take until it has the whole message, and then until it acknowledges it */
  patience?: { handingOverMs: number; answerMs: number };
};

/** A server that scans the message answers late. Giving up before its answer may send the message twice. */
const PATIENCE = { handingOverMs: 30_000, answerMs: 90_000 };

export function emailChannel(options: EmailOptions): Pick<Channel, 'send'> {
  const { handingOverMs, answerMs } = options.patience ?? PATIENCE;
  const server = {
    url: options.smtpUrl,
    connectionTimeout: handingOverMs,
    greetingTimeout: handingOverMs,
    socketTimeout: handingOverMs + answerMs,
    ...(options.authorities && { tls: { ca: [...options.authorities] } }),
  };
  return {
    async send(message, signal) {
      const { recipient } = message;
      if (recipient === null) return { outcome: 'sent' };
      const slow = new AbortController();
      const giveUpAfter = (ms: number) => setTimeout(() => slow.abort(), ms);
      let timer = giveUpAfter(handingOverMs);
      let isHandedOver = false;
      let isBrokenOff = false;
      const brokenOff = AbortSignal.any([signal, slow.signal]);
      // Registered before nodemailer's own listener: that one reads the rest of the message, as if the server had taken it.
      brokenOff.addEventListener('abort', () => {
        isBrokenOff = true;
      });
      const transport = createTransport(server);
      onRead(transport, () => {
        if (isBrokenOff) return;
        isHandedOver = true;
        clearTimeout(timer);
        timer = giveUpAfter(answerMs);
      });
      const letter: SendMailOptions = {
        from: options.from,
        to: { name: '', address: recipient.address },
        // The same message has the same id, even when a crash makes it go out twice.
        messageId: `<${message.id}@tidings>`,
        headers: {
          'auto-submitted': 'auto-generated',
          'list-unsubscribe': `<${recipient.unsubscribeUrl}>`,
          'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
        },
        ...composed(message, { api: options.publicUrl(), dashboard: options.dashboardUrl() }),
        signal: brokenOff,
      };
      try {
        await transport.sendMail(letter);
        return { outcome: 'sent' };
      } catch (error) {
        return outcomeOf(error as SmtpError, isHandedOver);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Calls `done` when the last byte of a message has been read for the server, which happens only after the server accepted DATA. */
function onRead(transport: Transporter, done: () => void): void {
  transport.use('stream', ({ message }, next) => {
    const open = message.createReadStream.bind(message);
    message.createReadStream = (options) => open(options).once('end', done);
    next();
  });
}

function composed(message: TidingsMessage, places: Places): RenderedLetter {
  return render(message.about === 'link' ? linkLetter(message) : endpointLetter(message, places));
}

/** An error of nodemailer; `response` is the server's answer to `command`. */
type SmtpError = Error & { code?: string; command?: string; responseCode?: number; response?: string };

/** Codes for a login or an encryption that is missing or wrong. The operator must mend these, whatever command they answer. */
const NOT_THE_RECIPIENTS = [530, 534, 535, 538];

/** @param isHandedOver whether the server had the whole message */
function outcomeOf(error: SmtpError, isHandedOver: boolean): SendOutcome {
  const { responseCode, command = '' } = error;
  const isAboutRecipient =
    responseCode !== undefined &&
    // 421: the server closes the connection, which it may do after any command.
    responseCode !== 421 &&
    !NOT_THE_RECIPIENTS.includes(responseCode) &&
    (command === 'RCPT TO' || command === 'DATA');
  if (isAboutRecipient) return { outcome: responseCode >= 500 ? 'refused' : 'later', code: codeOf(error) };
  // nodemailer refused to send it: the address is not valid, or the message is too large.
  if (responseCode === undefined && /^Invalid recipient|^No recipients defined/.test(error.message))
    return { outcome: 'refused', code: 'invalid address' };
  if (responseCode === undefined && error.code === 'EMESSAGE') return { outcome: 'later', code: 'too large' };
  const reason = error.name === 'AbortError' ? 'the mail server did not answer in time' : error.message;
  return { outcome: isHandedOver && responseCode === undefined ? 'unsure' : 'away', reason };
}

/** The code alone (`550 5.1.1`, RFC 5321 and 3463), because the text after it often holds the address. */
function codeOf({ responseCode, response = '' }: SmtpError): string {
  const [, enhanced] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response) ?? [];
  return [responseCode, enhanced].filter((part) => part !== undefined).join(' ');
}
