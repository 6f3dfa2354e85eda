/** Composes the e-mail that asks an address to confirm that it may be notified: the only one it gets before its owner agrees. */
import type { LinkMessage } from '../domain/notification.ts';
import type { Letter } from './email-layout.ts';

export function linkLetter({ tenant, recipient, verifyUrl, expiresAt }: LinkMessage): Letter {
  return {
    subject: `${tenant.name}: confirm that Tidings may write to you`,
    blocks: [
      {
        paragraph: `Somebody has made ${recipient.address} a contact of ${tenant.name}. Contacts get an e-mail when webhooks cannot be delivered.`,
      },
      { link: verifyUrl, label: 'To agree, open this page and press the button' },
      {
        paragraph: `The link is good until ${expiresAt.toUTCString()}. If you did not expect this, you need not do anything: you will get no such e-mails.`,
      },
      { footer: `Tenant ${tenant.name} (${tenant.id})` },
    ],
  };
}
