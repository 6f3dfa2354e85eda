/** The reasons for which a webhook is refused, each with what to do about it. */

const REASONS = {
  secret_missing: 'No secret was given. Pass the secret of the endpoint, as it was shown when it was made.',
  secret_malformed:
    'The secret is none of this contract. For Standard Webhooks it starts with whsec_, or with whpk_ where the endpoint signs with ed25519.',
  private_key_given:
    'This is the private key of the sender (whsk_). Verify with the public key of the endpoint, which starts with whpk_.',
  header_missing:
    'A header that the contract needs is missing. Something between the sender and you may remove it, or the request is not a webhook.',
  header_malformed:
    'A header does not have the form that the contract gives it. The request is probably not a webhook.',
  body_missing: 'There is no body. Pass the raw bytes of the request, read before anything else reads them.',
  body_parsed:
    'The body was parsed before it was verified. JSON that is written again differs from what was signed: pass the raw bytes (Express: express.raw({ type: "*/*" })).',
  body_used: 'The body of the Request was read before. Verify first, and then use what verify returns.',
  timestamp_too_old:
    'The signature is right, but the request was signed too long ago. Somebody may be replaying it, or your clock is fast.',
  timestamp_in_future:
    'The signature is right, but the request was signed in the future. Your clock is probably slow.',
  signature_mismatch:
    'No signature fits the secret and the body. The usual causes: the secret of another endpoint, a body that was changed or decoded on its way, a secret that was rotated.',
  key_kind_mismatch:
    'The request is signed with another kind of key than the secret is: v1 goes with whsec_, v1a (ed25519) with the public key whpk_.',
  authorization_mismatch:
    'The Authorization header has another value than the endpoint has. Pass the whole value, like bearer("…") or basic("…", "…").',
  algorithm_unavailable:
    'This runtime has no ed25519 in Web Crypto. Node 20 has it; or let the endpoint use a whsec_ secret.',
} as const;

export type RefusalReason = keyof typeof REASONS;

/** A webhook that must not be trusted: answer it with 401 and do nothing else. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  /** the same for every refusal of its kind, for logs and tests */
  readonly reason: RefusalReason;

  /** @param detail what exactly, like the name of a header */
  constructor(reason: RefusalReason, detail?: string) {
    super(`${reason}${detail === undefined ? '' : ` (${detail})`}: ${REASONS[reason]}`);
    this.reason = reason;
  }
}
