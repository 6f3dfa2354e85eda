/** `/v1/tenants/:t/contacts/send-link`: requests that a contact gets its verification link again. */
import { channelOfContact } from '../../channels/contacts.ts';
import { Problem } from '../../domain/errors.ts';
import { type Contact, contactKey, findContacts, requestLink } from '../../store/contacts.ts';
import { linkWaitS } from '../../store/message-counts.ts';
import { audited } from '../audit.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { notFound, tenantOr404 } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { tenantParams } from '../schemas/parameters.ts';
import { contactSchema, presentContact, sendLinkBody } from '../schemas/tenant.ts';

/** Least time between two links to one contact. */
const PAUSE_S = 300;

export function contactRoutes(app: App, deps: ApiDeps): void {
  app.post(
    '/v1/tenants/:tenant/contacts/send-link',
    {
      config: { access: 'manage' },
      schema: {
        tags: ['tenants'],
        operationId: 'contacts.send-link',
        summary: 'Send the link to verify a contact again',
        description:
          'For a contact that is pending, or that the mail server has refused. A link is sent at most every five minutes, and a ' +
          'limited number of times a day.',
        params: tenantParams,
        body: sendLinkBody,
        response: { 202: contactSchema, 409: problemSchema },
      },
    },
    async (request, reply) => {
      const { id: tenantId, contacts } = await tenantOr404(deps, request, request.params.tenant);
      const { address } = request.body;
      const found = (await findContacts(deps.db, [tenantId])).get(contactKey(tenantId, address));
      const isListed = contacts.some((each) => contactKey(tenantId, each) === contactKey(tenantId, address));
      if (!isListed) throw notFound('contact', address);
      const contact = mayHaveLink(found, address);
      const act = { action: 'contact.link_requested', tenantId, objectId: contact.id };
      await audited(deps, request, act, async (client) => {
        const waitS =
          (await requestLink(client, tenantId, contact, PAUSE_S, channelOfContact)) ||
          (await linkWaitS(client, { tenantId, address }, deps.contacts.bounds));
        if (waitS > 0) throw tooSoon(waitS);
      });
      return reply.status(202).send(presentContact(contact.address, contact));
    },
  );
}

/** @throws Problem conflict where a link would do nothing */
function mayHaveLink(contact: Contact | undefined, address: string): Contact {
  if (contact === undefined || contact.state === 'verified')
    throw new Problem('conflict', `${address} is verified already: it gets notifications.`);
  if (contact.state === 'unsubscribed')
    throw new Problem(
      'conflict',
      `${address} has unsubscribed. Only its owner can undo that, with the link in any message that it has received.`,
    );
  return contact;
}

const tooSoon = (retryAfterS: number) =>
  new Problem(
    'too_many_requests',
    `A link was sent to this address a short time ago. The next one can be sent in ${retryAfterS} s.`,
    { retryAfterS },
  );
