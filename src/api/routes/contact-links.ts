/**
 * `/contacts/…`: pages behind the links in e-mails. The token in the address takes the place of a key. A GET changes nothing,
 * because mail scanners follow links. A POST does, also the one that mail programs send to unsubscribe (RFC 8058).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { insertAuditEntry } from '../../store/audit-log.ts';
import type { LinkPurpose } from '../../store/contact-links.ts';
import {
  findLinkedContact,
  isLinkGood,
  type LinkedContact,
  resubscribeContact,
  unsubscribeContact,
  verifyContact,
} from '../../store/contacts.ts';
import { type Queryable, transaction } from '../../store/pool.ts';
import { type ContactPage, sendPage } from '../contact-page.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';

/** A form of one field. */
const MAX_FORM_BYTES = 4_096;

const params = z.object({ token: z.string().max(200) });

const UNKNOWN: ContactPage = {
  title: 'This link does not work',
  paragraphs: [
    'It is incomplete, it was used already, a newer one has replaced it, or it is too old. Use the link in the newest message, or ask ' +
      'whoever made you a contact to have it sent again.',
  ],
};

type Linked = { contact: LinkedContact; nonce: Buffer };

export async function contactLinkRoutes(app: App, deps: ApiDeps): Promise<void> {
  const pages = {
    verify: verifyPages(deps),
    unsubscribe: unsubscribePages(deps),
    resubscribe: resubscribePages(deps),
  };
  await app.register(async (scope) => {
    const routes = scope as unknown as App;
    // A body of any content type is accepted and ignored: the address says everything.
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_FORM_BYTES }, async () => undefined);
    for (const [purpose, page] of Object.entries(pages) as [LinkPurpose, PageOf][]) {
      const answer = async (
        reply: FastifyReply,
        token: string,
        of: (found: Linked) => Promise<ContactPage | null>,
      ) => {
        const found = await findLinked(deps, purpose, token);
        const content = found && (await of(found));
        return content === null ? sendPage(reply, 404, UNKNOWN) : sendPage(reply, 200, content);
      };
      const url = `/contacts/${purpose}/:token`;
      const schema = { hide: true, params };
      routes.get(url, { schema }, (request, reply) => answer(reply, request.params.token, page.show));
      routes.post(url, { schema }, (request, reply) =>
        answer(reply, request.params.token, (found) => page.act(request, found)),
      );
    }
  });
}

async function findLinked(deps: ApiDeps, purpose: LinkPurpose, token: string): Promise<Linked | null> {
  const read = deps.contacts.links.read(purpose, token);
  if (read === null) return null;
  const contact = await findLinkedContact(deps.db, read.contactId);
  return contact && { contact, nonce: read.nonce };
}

/** Runs `work`, and adds an audit entry with the contact as actor when it changed something. */
async function act(
  deps: ApiDeps,
  request: FastifyRequest,
  contact: LinkedContact,
  action: string,
  work: (client: Queryable) => Promise<boolean>,
): Promise<boolean> {
  return transaction(deps.db, async (client) => {
    if (!(await work(client))) return false;
    const { id, tenantId } = contact;
    await insertAuditEntry(client, {
      actor: id,
      actorName: null,
      tenantId,
      action,
      objectId: id,
      details: {},
      requestId: request.id,
    });
    return true;
  });
}

const unsubscribedPage = (deps: ApiDeps, { contact }: Linked): ContactPage => ({
  title: 'You are unsubscribed',
  paragraphs: [`${contact.address} gets no more notifications about ${contact.tenantName}.`],
  button: {
    label: 'Subscribe again',
    to: `../resubscribe/${deps.contacts.links.tokenFor('resubscribe', contact.id)}`,
  },
});

const verifiedPage = ({ contact }: Linked): ContactPage => ({
  title: 'You are subscribed',
  paragraphs: [
    `${contact.address} gets notifications when webhooks of ${contact.tenantName} cannot be delivered. Each has a link to unsubscribe.`,
  ],
});

const verifyPages = (deps: ApiDeps): PageOf => ({
  show: async (found) =>
    (await isLinkGood(deps.db, found.contact.id, found.nonce))
      ? {
          title: 'May Tidings write to you?',
          paragraphs: [
            `${found.contact.tenantName} wants to notify ${found.contact.address} when webhooks cannot be delivered.`,
          ],
          button: { label: 'Yes, notify me' },
        }
      : null,
  act: async (request, found) => {
    const { id } = found.contact;
    const done = await act(deps, request, found.contact, 'contact.verified', (client) =>
      verifyContact(client, id, found.nonce),
    );
    return done ? verifiedPage(found) : null;
  },
});

const unsubscribePages = (deps: ApiDeps): PageOf => ({
  show: async (found) =>
    found.contact.state === 'unsubscribed'
      ? unsubscribedPage(deps, found)
      : {
          title: 'Unsubscribe?',
          paragraphs: [`${found.contact.address} gets notifications about ${found.contact.tenantName}.`],
          button: { label: 'Unsubscribe' },
        },
  act: async (request, found) => {
    await act(deps, request, found.contact, 'contact.unsubscribed', (client) =>
      unsubscribeContact(client, found.contact.id),
    );
    return unsubscribedPage(deps, found);
  },
});

const resubscribePages = (deps: ApiDeps): PageOf => ({
  show: async (found) =>
    found.contact.state === 'unsubscribed' ? unsubscribedPage(deps, found) : verifiedPage(found),
  act: async (request, found) => {
    await act(deps, request, found.contact, 'contact.resubscribed', (client) =>
      resubscribeContact(client, found.contact.id),
    );
    return verifiedPage(found);
  },
});

/** `null`: the link does not work, or not any more. */
type PageOf = {
  show(found: Linked): Promise<ContactPage | null>;
  act(request: FastifyRequest, found: Linked): Promise<ContactPage | null>;
};
