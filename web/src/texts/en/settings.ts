/** Texts of the settings, of a tenant and of the operator. */
import type { Schemas } from '@tidings/client';

type Capability = Schemas['PortalSession']['capabilities'][number];
type Scope = Schemas['Key']['scopes'][number];

export const settings = {
  saved: 'Saved.',
  tenant: 'Tenant',
  tenantName: 'Tenant name',
  externalId: 'External ID',
  externalIdHint: 'Your own id for this customer. Receivers may see it: a change is a change for them, too.',
  disableAfter: 'Disable a failing endpoint after (days)',
  disableAfterHint:
    'An endpoint whose attempts all fail for so long is switched off, and its contacts are told. What waits for it then fails; it can be recovered later. Empty: as configured, by default 5 days.',
  retention: 'Keep payloads for (days)',
  retentionHint:
    'After that the bodies of events are erased. That they were delivered stays on record. Empty: as configured, by default 30 days.',

  contacts: 'Contacts',
  contactsHint:
    'They are told when deliveries fail for good, and when an endpoint is failing, disabled or well again.',
  noContacts: 'Nobody is told when deliveries fail.',
  contactStates: {
    verified: 'Verified',
    pending: 'Not verified yet',
    unsubscribed: 'Unsubscribed',
    undeliverable: 'Undeliverable',
  } satisfies Record<Schemas['Contact']['state'], string> as Record<Schemas['Contact']['state'], string>,
  contactHints: {
    verified: '',
    pending: 'A link was sent. Until it is opened, nothing else is.',
    unsubscribed: 'Gets nothing. Only its owner can undo that.',
    undeliverable: 'The mail server refused it',
  } as Record<Schemas['Contact']['state'], string>,
  sendLink: 'Send link again',
  linkSent: (address: string) => `A link is on its way to ${address}.`,
  address: 'E-mail address',
  addContact: 'Add contact',
  remove: 'Remove',
  removeContact: (address: string) => `Remove ${address}?`,
  removeContactHint:
    'It gets no more messages about this tenant. It can be added again, and has to be verified then.',

  keys: 'Keys',
  adminKeys: 'Admin keys',
  keysHint: 'A key is shown once, when it is made. Here is what it ends with.',
  noKeysHint:
    'No key is stored yet; the admin key of the environment is not one of them. Programs send events and read deliveries with a key. Create one for each program, with no more scopes than it needs.',
  noAdminKeysHint:
    'No key is stored yet; the admin key of the environment is not one of them. An admin key may do everything, of every tenant: create one for each program or person that has to.',
  createKey: 'Create key',
  createKeyTitle: 'Create a key',
  keyName: 'Name',
  keyNameHint: 'What uses it, such as “billing, production”.',
  scopes: 'Scopes',
  scope: {
    emit: 'Send events',
    read: 'Read',
    manage: 'Manage',
  } satisfies Record<Scope, string> as Record<Scope, string>,
  scopeHints: {
    emit: 'Send events, and nothing else.',
    read: 'Look at endpoints, events and deliveries.',
    manage: 'Change endpoints and settings, retry, and look.',
  } as Record<Scope, string>,
  everything: 'Everything, of every tenant',
  newKey: 'The new key',
  newKeyHint: 'Copy it now: it is not shown again.',
  done: 'Done',
  action: 'Action',
  key: 'Key',
  lastUsed: 'Last used',
  created: 'Created',
  revoke: 'Revoke',
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeHint:
    'Whatever uses this key is refused from now on, within seconds. Sessions that were opened with it, and portal links that it made, end with it. This cannot be undone.',
  revoked: 'Key revoked.',
  endsWith: (hint: string) => `ends with ${hint}`,

  portal: 'Portal sessions',
  portalHint:
    'A link that opens this tenant’s pages for its own people, without a key. It works once; the session it opens ends by itself.',
  noPortal: 'No portal session is open.',
  createPortal: 'Create portal link',
  createPortalTitle: 'Create a portal link',
  capabilities: 'What it allows',
  capability: {
    view: 'Look at endpoints, events and deliveries',
    endpoints: 'Create, change and delete endpoints, set contacts',
    secrets: 'See and rotate secrets',
    send_test: 'Send test events',
    retry: 'Retry and cancel deliveries',
    replay: 'Recover and replay',
  } satisfies Record<Capability, string> as Record<Capability, string>,
  always: 'always',
  expires: 'Ends after',
  expiry: { '3600': 'one hour', '28800': '8 hours', '86400': 'one day', '604800': '7 days' } as Record<
    string,
    string
  >,
  returnUrl: 'Return URL',
  returnUrlHint: 'Where “Back” leads to.',
  theme: 'Theme',
  portalName: 'Portal name',
  portalNameHint: 'Your name, in place of ours.',
  accent: 'Accent',
  accentHint:
    'A colour such as #0a7 or #00aa77. Where it could not be read, the nearest one that can is used.',
  logo: 'Logo',
  logoHint: 'PNG, JPEG, GIF or WebP, up to 48 kB.',
  mode: 'Appearance',
  navigation: 'Show the navigation',
  preview: 'Preview',
  previewText: 'Save and test',
  onLight: (colour: string) => `Light: ${colour}`,
  onDark: (colour: string) => `Dark: ${colour}`,
  link: 'The portal link',
  linkHint: 'It works once and is not shown again. Whoever opens it first has the session.',
  open: 'Open',
  opened: 'opened',
  notOpened: 'not opened yet',
  ends: 'Ends',
  end: 'End',
  endTitle: 'End this session?',
  endPortalHint: 'Whoever has it open is signed out at once, and its link stops working.',
  ended: 'Session ended.',

  sessions: 'Sessions',
  sessionsHint: 'Browsers that are signed in with a key.',
  noSessions: 'No session is open.',
  thisOne: 'this one',
  endSessionHint: 'That browser is signed out at once.',
  signOutIt: 'End session',
  environmentKey: 'Admin key of the environment',

  danger: 'Delete this tenant',
  dangerHint:
    'Its endpoints, keys and portal sessions go with it, and the deliveries that still wait are cancelled. The delivery log stays. This cannot be undone.',
  deleteTenant: 'Delete tenant',
  deleteTitle: (name: string) => `Delete ${name}?`,
  typeName: 'Type the tenant’s name to confirm',
  nameDiffers: 'This is not the tenant’s name. Type it as it stands in the title.',
  deleted: (name: string) => `${name} is deleted.`,

  operatorEndpoint: 'Operational endpoint',
  operatorEndpointHint:
    'A URL of yours that gets operational events as webhooks: endpoints that fail or are disabled, deliveries that are given up. What cannot be delivered to it is only logged.',
  show: 'Show',
  operatorUrl: 'URL',
  noOperatorEndpoint: 'There is none yet.',
  save: 'Save',
  newSecret: 'Its signing secret',
  removeEndpoint: 'Remove',
  removeEndpointTitle: 'Remove the operational endpoint?',
  removeEndpointHint: 'Operational events are listed here, and told to nobody, until there is another one.',
  limits: 'Limits in force',
  limitsHint: 'They are set by environment variables when the service starts.',
  setting: 'Setting',
  value: 'Value',
  defaultValue: 'Default',
};
