/** Texts of the list of tenants, and of the form that makes one. */
import { plural } from '../plural.ts';

export const tenants = {
  tenant: 'Tenant',
  state: 'State',
  contract: 'Contract',
  sent: 'Attempts, 24\u00a0h',
  failed: 'of\u00a0which failed',
  standing: 'Undelivered, 24\u00a0h',
  standingHint: 'Deliveries accepted in the last 24 hours that stand as failed',
  created: 'Created',
  create: 'Create tenant',
  createTitle: 'Create a tenant',
  searchHint: 'Name or external ID',
  none: 'No tenant yet',
  noneHint:
    'A tenant is a customer of your product: an organisation, a school, a company. It has its own endpoints, events and keys, and one contract that says how its webhooks look. Create the first one, then give it an endpoint.',
  noneFound: (q: string) => `No tenant matches “${q}”`,
  noneFoundHint: 'A tenant is found by its name, by its external ID, or by the beginning of its id.',
  showAll: 'Show all tenants',
  noEndpoint: 'No endpoint',
  healthy: 'Endpoints healthy',
  failing: plural('en', { one: '# endpoint fails', other: '# endpoints fail' }),
  disabled: plural('en', { one: '# endpoint disabled', other: '# endpoints disabled' }),
  share: (text: string) => `${text} of all`,

  name: 'Name',
  nameHint: 'What people call this customer. It is shown here and in e-mails.',
  profile: 'Profile',
  externalId: 'External ID',
  externalIdHint:
    'Your own id for this customer. It works wherever the tenant’s id does, and receivers may see it.',
  contacts: 'Contacts',
  contactsHint: 'E-mail addresses, one a line. They are told when deliveries fail for good.',
  created_: (name: string) => `Tenant ${name} created. It needs an endpoint next.`,
  /** What a contract is, in sentences. */
  sourceOf: 'Source',
  typesAny: 'Takes any event type',
  typesListed: plural('en', { one: 'Takes # event type', other: 'Takes # event types' }),
  endpointsMost: plural('en', { one: 'one endpoint a tenant', other: 'up to # endpoints a tenant' }),
  httpsOnly: 'https only',
  signed: {
    always: 'every request is signed',
    chosen: 'requests are signed where the endpoint has a secret',
    never: 'requests are not signed',
  },
  retries: (times: string, over: string) => `retried ${times} over ${over}`,
  times: plural('en', { one: '# time', other: '# times' }),
  notRetried: 'not retried',
};
