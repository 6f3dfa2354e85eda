/** Wire schemas of portal sessions and their themes. */
import { z } from 'zod';
import { CAPABILITIES, DEFAULT_CAPABILITIES } from '../../domain/access.ts';
import { LOGO_TYPES, logoProblem, MAX_LOGO_CHARACTERS } from '../../domain/theme.ts';
import type { PortalSession, ThemedPortalSession } from '../../store/portal-sessions.ts';
import { text } from './text.ts';

const MAX_S = 604_800;
const DEFAULT_S = 3_600;
const MAX_URL = 2_000;

/** A page that a browser may be sent to: neither a script nor a password in a link. */
function isPageUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

const themeFields = {
  name: text(100).trim().min(1).optional().describe('Your name, in place of ours.'),
  logo: z
    .string()
    .superRefine((url, context) => {
      const message = logoProblem(url);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .optional()
    .describe(
      `A data URL of ${MAX_LOGO_CHARACTERS} characters at most. Types: ${LOGO_TYPES.join(', ')}. SVG is refused, since it may hold scripts.`,
    ),
  accent: z
    .string()
    .regex(/^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 'must be a colour like #0a7 or #00aa77')
    .optional()
    .describe(
      'A colour. Where its contrast is too low, the pages use the nearest one whose contrast is not.',
    ),
  mode: z.enum(['light', 'dark', 'auto']).default('auto').describe("`auto`: as the viewer's system has it."),
  navigation: z.boolean().default(true).describe('Whether the pages show their navigation.'),
};

const theme = z.object(themeFields);
const NO_THEME: z.infer<typeof theme> = { mode: 'auto', navigation: true };

export const createPortalSessionBody = z
  .strictObject({
    capabilities: z
      .array(z.enum(CAPABILITIES))
      .max(20)
      .default([...DEFAULT_CAPABILITIES])
      .describe(
        'What the session may do. `view` is always there: look at endpoints, events and deliveries. `endpoints`: create, change and delete ' +
          'endpoints, set contacts. `secrets`: reveal and rotate signing secrets, reveal URLs. `send_test`: send test events. `retry`: retry ' +
          'and cancel deliveries. `replay`: recover and replay. Absent: all but `secrets`.',
      ),
    expires_in_seconds: z
      .number()
      .int()
      .min(1)
      .max(MAX_S)
      .default(DEFAULT_S)
      .describe('When it ends, exchanged or not.'),
    return_url: text(MAX_URL)
      .refine(isPageUrl, 'must be an http or https URL without a password')
      .optional()
      .describe('Where the portal leads back to.'),
    theme: z.strictObject(themeFields).default(NO_THEME),
  })
  .meta({
    id: 'CreatePortalSession',
    examples: [{ capabilities: ['view', 'endpoints', 'retry'], expires_in_seconds: 3600 }],
  });

export const newPortalSessionSchema = z
  .object({
    id: z.string(),
    url: z
      .string()
      .describe(
        'The link. Its code is in the fragment, which no server sees, and works once. Shown here and never again.',
      ),
    expires_at: z.string(),
  })
  .meta({ id: 'NewPortalSession' });

const common = {
  id: z.string(),
  tenant_id: z.string(),
  capabilities: z.array(z.enum(CAPABILITIES)),
  return_url: z.string().nullable(),
  created_at: z.string(),
  expires_at: z.string(),
};

export const portalSessionSchema = z
  .object({
    ...common,
    key_id: z
      .string()
      .describe('The key that made it, with which it ends. `admin`: the one from the environment.'),
    exchanged_at: z.string().nullable().describe('When the code of its link was used.'),
    last_used_at: z.string().nullable().describe('To the minute.'),
  })
  .meta({ id: 'PortalSession' });

export const ownPortalSessionSchema = z.object({ ...common, theme }).meta({ id: 'OwnPortalSession' });

export const exchangedSchema = ownPortalSessionSchema
  .extend({ bearer: z.string().describe('Sent as `Authorization: Bearer`. Shown here and never again.') })
  .meta({ id: 'ExchangedPortalSession' });

export const exchangeBody = z
  .strictObject({ code: z.string().min(1).max(1_000).describe('What follows `#code=` in the link.') })
  .meta({ id: 'ExchangePortalCode', examples: [{ code: 'tidings_link_…' }] });

const presentCommon = (session: PortalSession) => ({
  id: session.id,
  tenant_id: session.tenantId,
  capabilities: session.capabilities,
  return_url: session.returnUrl,
  created_at: session.createdAt.toISOString(),
  expires_at: session.expiresAt.toISOString(),
});

export function presentPortalSession(session: PortalSession): z.infer<typeof portalSessionSchema> {
  return {
    ...presentCommon(session),
    key_id: session.keyId,
    exchanged_at: session.exchangedAt?.toISOString() ?? null,
    last_used_at: session.lastUsedAt?.toISOString() ?? null,
  };
}

/** What its own pages need to know of it. */
export function presentOwnPortalSession(
  session: ThemedPortalSession,
): z.infer<typeof ownPortalSessionSchema> {
  return { ...presentCommon(session), theme: themeIn(session.theme) };
}

/** A stored theme that cannot be read counts as none: who has the link gets in all the same. */
function themeIn(json: string): z.infer<typeof theme> {
  try {
    return theme.parse(JSON.parse(json));
  } catch {
    return NO_THEME;
  }
}
