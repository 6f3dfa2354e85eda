/** Verifies webhooks in the contracts that Tidings speaks, before anything of them is parsed. */
import { CONTRACTS, type Profile } from './contracts.ts';
import { type BodyLike, bytesOf, headerReader, type RequestLike } from './input.ts';
import { toBase64, utf8 } from './keys.ts';
import { WebhookRefused } from './refusal.ts';

export type { Profile } from './contracts.ts';
export type { BodyLike, HeadersLike, RequestLike } from './input.ts';
export { type RefusalReason, WebhookRefused } from './refusal.ts';

const TOLERANCE_S = 300;

export type VerifyOptions = {
  /**
   * The endpoint's secret, or several while it is rotated. For Standard Webhooks `whsec_…` or the public key `whpk_…`; for leah and
   * lessonly the whole value of the Authorization header, as `basic` and `bearer` make it.
   */
  secret: string | readonly string[];
  /** default: `standard-webhooks` */
  profile?: Profile;
  /** how far the time of signing may be from now, in seconds; default: 300. Only Standard Webhooks signs a time. */
  toleranceSeconds?: number;
  /** the time to compare with, in ms; default: now */
  nowMs?: number;
};

export type Webhook = {
  /** the bytes that were verified */
  body: Uint8Array;
  /** the body as text in UTF-8 */
  text(): string;
  /** the event's id: the same in every attempt, so what has come before may be dropped */
  id: string | null;
  /** the time of the attempt */
  timestamp: Date | null;
  /** whether id and time are signed, too; if not, whoever has seen one webhook can change them */
  isTimeSigned: boolean;
};

/**
 * Verifies a webhook.
 * @param request a `Request`, or its headers and the raw bytes of its body
 * @throws WebhookRefused with a `reason`; nothing of the request may be trusted then
 */
export async function verify(request: RequestLike, options: VerifyOptions): Promise<Webhook> {
  const { profile = 'standard-webhooks', toleranceSeconds = TOLERANCE_S, nowMs = Date.now() } = options;
  const contract = CONTRACTS[profile];
  const secrets = secretsIn(options.secret);
  const header = headerReader(request.headers);
  const body = await bytesOf(request);
  const problem = await contract.check({ header, body }, secrets);
  if (problem !== null) throw new WebhookRefused(problem);
  const timestamp = timeIn(header('webhook-timestamp'), contract.signsTime);
  if (contract.signsTime && timestamp !== null) {
    const ageS = (nowMs - timestamp.getTime()) / 1000;
    if (ageS > toleranceSeconds) throw new WebhookRefused('timestamp_too_old', `${Math.round(ageS)} s`);
    if (ageS < -toleranceSeconds) throw new WebhookRefused('timestamp_in_future', `${Math.round(-ageS)} s`);
  }
  const text = () => new TextDecoder().decode(body);
  return { body, text, id: header('webhook-id'), timestamp, isTimeSigned: contract.signsTime };
}

/**
 * Makes the headers of a webhook, for the tests of a receiver.
 * @param webhook.secret as for `verify`, but the private key (`whsk_…`) where it is ed25519
 * @param webhook.id default: `msg_test`
 * @param webhook.timestampSeconds default: now
 * @throws WebhookRefused secret_missing, secret_malformed
 */
export async function signForTest(webhook: {
  secret: string | readonly string[];
  body: BodyLike;
  profile?: Profile;
  id?: string;
  timestampSeconds?: number;
}): Promise<Record<string, string>> {
  const { profile = 'standard-webhooks', id = 'msg_test' } = webhook;
  const timestampS = webhook.timestampSeconds ?? Math.floor(Date.now() / 1000);
  const body = await bytesOf({ headers: {}, body: webhook.body });
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    ...(await CONTRACTS[profile].sign({ id, timestampS, body }, secretsIn(webhook.secret))),
  };
}

/** The value of an Authorization header with a user name and a password (RFC 7617, in UTF-8). */
export const basic = (username: string, password: string): string =>
  `Basic ${toBase64(utf8(`${username}:${password}`))}`;

/** The value of an Authorization header with a token (RFC 6750). */
export const bearer = (token: string): string => `Bearer ${token}`;

/** @throws WebhookRefused secret_missing */
function secretsIn(secret: string | readonly string[] | undefined): readonly string[] {
  const secrets = [secret ?? []].flat();
  if (secrets.length === 0 || secrets.includes('')) throw new WebhookRefused('secret_missing');
  return secrets;
}

/** @throws WebhookRefused header_malformed where it is signed and no time */
function timeIn(value: string | null, isSigned: boolean): Date | null {
  if (value !== null && /^\d{1,12}$/.test(value)) return new Date(Number(value) * 1000);
  if (isSigned) throw new WebhookRefused('header_malformed', 'webhook-timestamp');
  return null;
}
