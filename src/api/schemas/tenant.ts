/** Wire schemas of tenants and their contacts. */
import { z } from 'zod';
import { contactAddress } from '../../channels/contacts.ts';
import { type ContactState, MAX_CONTACTS } from '../../domain/contact.ts';
import { DEFAULT_PROFILE, PROFILES } from '../../profiles/index.ts';
import { type Contact, contactKey } from '../../store/contacts.ts';
import { FAILED_COUNTED, type TenantActivity } from '../../store/tenant-activity.ts';
import type { Tenant } from '../../store/tenants.ts';
import { text } from './text.ts';

const [firstProfile, ...otherProfiles] = PROFILES.map((profile) => profile.name);

const name = text(200).trim().min(1);
const externalId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
  .refine((id) => !id.startsWith('ten_'), 'may not begin with ten_: those are our ids')
  .describe("Your own id for the tenant; it works wherever the tenant's id does, and goes out on the wire.");
const contacts = z
  .array(contactAddress)
  .max(MAX_CONTACTS)
  .describe(
    'E-mail addresses that are notified when deliveries fail for good. A contact that a tenant’s own key sets first gets a link to ' +
      'verify it, and nothing else until that is done.',
  );

const disableAfter = z
  .number()
  .int()
  .min(1)
  .max(90 * 24 * 3600)
  .nullable()
  .describe(
    'Seconds after which an endpoint whose attempts all fail is disabled. Null: as configured, by default 5 days.',
  );

const payloadRetention = z
  .number()
  .int()
  .min(1)
  .max(3_650)
  .nullable()
  .describe('Days after which the payloads of events are erased. Null: as configured, by default 30.');

export const createTenantBody = z
  .strictObject({
    name,
    profile: z
      .enum([firstProfile as string, ...otherProfiles])
      .default(DEFAULT_PROFILE)
      .describe('The wire contract of the tenant’s deliveries.'),
    external_id: externalId.optional(),
    contacts: contacts.default([]),
    disable_after_s: disableAfter.default(null),
    payload_retention_days: payloadRetention.default(null),
  })
  .meta({
    id: 'CreateTenant',
    examples: [{ name: 'Hillside School', profile: 'reading-steps', contacts: ['ops@example.com'] }],
  });

export const patchTenantBody = z
  .strictObject({
    name: name.optional(),
    external_id: externalId.nullable().optional(),
    contacts: contacts.optional(),
    disable_after_s: disableAfter.optional(),
    payload_retention_days: payloadRetention.optional(),
  })
  .meta({ id: 'PatchTenant', examples: [{ contacts: ['it@example.com'] }] });

const CONTACT_STATES = [
  'pending',
  'verified',
  'unsubscribed',
  'undeliverable',
] as const satisfies ContactState[];

export const contactSchema = z
  .object({
    id: z
      .string()
      .nullable()
      .describe('The id that operational events use. Null: the contact is older than contact states.'),
    address: z.string(),
    state: z
      .enum(CONTACT_STATES)
      .describe(
        'pending: was sent a link and gets nothing else; verified: gets notifications; unsubscribed: gets none, which only its owner ' +
          'can undo; undeliverable: the mail server has refused it for good.',
      ),
    refusal: z
      .string()
      .nullable()
      .describe('What the mail server answered when it refused the address, like 550 5.1.1.'),
    changed_at: z
      .string()
      .nullable()
      .describe('When the state last changed. Null: the contact is older than contact states.'),
  })
  .meta({ id: 'Contact' });

export const sendLinkBody = z
  .strictObject({ address: contactAddress })
  .meta({ id: 'SendLink', examples: [{ address: 'ops@example.com' }] });

export const tenantSchema = z
  .object({
    id: z.string(),
    external_id: z.string().nullable(),
    name: z.string(),
    profile: z.string(),
    contacts: z.array(z.string()),
    contact_states: z.array(contactSchema).describe('The same contacts with their states.'),
    disable_after_s: z.number().nullable(),
    payload_retention_days: z.number().nullable(),
    in_force: z
      .object({ disable_after_s: z.number(), payload_retention_days: z.number() })
      .describe('What applies: the settings of the tenant or, where it has none, those of the operator.'),
    created_at: z.string(),
    activity: z
      .object({
        attempts: z.number(),
        failed: z.number(),
        standing: z
          .object({ failed: z.number(), at_least: z.literal(true).optional() })
          .describe(
            `Deliveries accepted in the last 24 hours, without tests, whose status is \`failed\` now. \`at_least\`: there may be more than ${FAILED_COUNTED}.`,
          ),
        endpoints: z.object({ healthy: z.number(), failing: z.number(), disabled: z.number() }),
      })
      .optional()
      .describe(
        'Only in a list with `activity=true`: attempts in the last 24 hours, to the hour, what stands as failed, and its endpoints now.',
      ),
  })
  .meta({ id: 'Tenant' });

export const tenantFilters = z.object({
  q: text(200)
    .trim()
    .optional()
    .describe(
      'The beginning of an id, an external_id or a name, or a part of the last two. Those that begin with it come first. A page may be ' +
        'short or empty although more items follow: go on while there is a `next_cursor`.',
    ),
  activity: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('Whether to say how much each has sent, and how its endpoints are.'),
});

/** @param activity what it has done lately, where that was asked for */
export function withActivity(
  tenant: z.infer<typeof tenantSchema>,
  activity: TenantActivity | undefined,
): z.infer<typeof tenantSchema> {
  if (activity === undefined) return tenant;
  const { attempts, failed, healthy, failing, disabled } = activity;
  const standing = {
    failed: activity.standing,
    ...(activity.standingAtLeast && { at_least: true as const }),
  };
  return { ...tenant, activity: { attempts, failed, standing, endpoints: { healthy, failing, disabled } } };
}

/** The settings of tenants that have none of their own. */
export type TenantDefaults = { disableAfterMs: number; payloadRetentionDays: number };

/** @param found states of contacts, by tenant and mailbox; a contact without one is trusted */
export function presentTenant(
  tenant: Tenant,
  found: Map<string, Contact>,
  defaults: TenantDefaults,
): z.infer<typeof tenantSchema> {
  return {
    id: tenant.id,
    external_id: tenant.externalId,
    name: tenant.name,
    profile: tenant.profile,
    contacts: tenant.contacts,
    contact_states: tenant.contacts.map((address) =>
      presentContact(address, found.get(contactKey(tenant.id, address))),
    ),
    disable_after_s: tenant.disableAfterS,
    payload_retention_days: tenant.payloadRetentionDays,
    in_force: {
      disable_after_s: tenant.disableAfterS ?? defaults.disableAfterMs / 1000,
      payload_retention_days: tenant.payloadRetentionDays ?? defaults.payloadRetentionDays,
    },
    created_at: tenant.createdAt.toISOString(),
  };
}

export function presentContact(address: string, contact: Contact | undefined): z.infer<typeof contactSchema> {
  return {
    id: contact?.id ?? null,
    address,
    state: contact?.state ?? 'verified',
    refusal: contact?.refusal ?? null,
    changed_at: contact?.changedAt.toISOString() ?? null,
  };
}
