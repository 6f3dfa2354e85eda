/** Tenants on the wire. */
import { z } from 'zod';
import { DEFAULT_PROFILE, PROFILES } from '../../profiles/index.ts';
import type { Tenant } from '../../store/tenants.ts';
import { text } from './text.ts';

const [firstProfile, ...otherProfiles] = PROFILES.map((profile) => profile.name);

const name = text(200).trim().min(1);
const externalId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
  .refine((id) => !id.startsWith('ten_'), 'may not begin with ten_: those are our ids')
  .describe("Your own id for the tenant; it works wherever the tenant's id does, and goes out on the wire.");
// RFC 5321, section 4.5.3.1: so long may the part before the @ and the whole be.
const email = z
  .email()
  .regex(/^[^@]{1,64}@/, 'has too long a name before the @')
  .max(254);
const contacts = z.array(email).max(20).describe('Who is told by e-mail when deliveries fail for good.');

const disableAfter = z
  .number()
  .int()
  .min(1)
  .max(90 * 24 * 3600)
  .nullable()
  .describe(
    'An endpoint that has only failed for so many seconds is switched off. Null: as configured, 5 days.',
  );

const payloadRetention = z
  .number()
  .int()
  .min(1)
  .max(3_650)
  .nullable()
  .describe('Days after which the payloads of events are erased. Null: as configured, 30.');

export const createTenantBody = z
  .strictObject({
    name,
    profile: z
      .enum([firstProfile as string, ...otherProfiles])
      .default(DEFAULT_PROFILE)
      .describe('The wire contract that the tenant is served by.'),
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

export const tenantSchema = z
  .object({
    id: z.string(),
    external_id: z.string().nullable(),
    name: z.string(),
    profile: z.string(),
    contacts: z.array(z.string()),
    disable_after_s: z.number().nullable(),
    payload_retention_days: z.number().nullable(),
    created_at: z.string(),
  })
  .meta({ id: 'Tenant' });

export function presentTenant(tenant: Tenant): z.infer<typeof tenantSchema> {
  return {
    id: tenant.id,
    external_id: tenant.externalId,
    name: tenant.name,
    profile: tenant.profile,
    contacts: tenant.contacts,
    disable_after_s: tenant.disableAfterS,
    payload_retention_days: tenant.payloadRetentionDays,
    created_at: tenant.createdAt.toISOString(),
  };
}
