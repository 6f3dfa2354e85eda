/** Times, address and certificate of an attempt, as the log shows them. */
import { z } from 'zod';
import type { DeliveryLog } from './schemas/delivery.ts';

type AttemptView = DeliveryLog['attempts'][number];

const ms = z.number().nullable();
const text = z.string().nullable();
/** What `Transport` of the store writes. */
const stored = z.object({
  timings: z.object({
    resolve: ms,
    connect: ms,
    tls: ms,
    firstByte: ms,
    body: ms,
    reused: z.boolean(),
  }),
  remoteAddress: text,
  tls: z
    .object({
      protocol: text,
      subject: text,
      issuer: text,
      validTo: text,
      names: z.array(z.string()),
      fingerprintSha256: text,
    })
    .nullable(),
});

const UNKNOWN = { timings: null, remote_address: null, tls: null };

/** @param json as it is stored; a damaged value counts as not known */
export function transportView(json: string | null): Pick<AttemptView, 'timings' | 'remote_address' | 'tls'> {
  const read = stored.safeParse(JSON.parse(json ?? 'null'));
  if (!read.success) return UNKNOWN;
  const { timings, remoteAddress, tls } = read.data;
  return {
    timings: {
      resolve_ms: timings.resolve,
      connect_ms: timings.connect,
      tls_ms: timings.tls,
      first_byte_ms: timings.firstByte,
      body_ms: timings.body,
      reused: timings.reused,
    },
    remote_address: remoteAddress,
    tls: tls && {
      protocol: tls.protocol,
      subject: tls.subject,
      issuer: tls.issuer,
      valid_to: tls.validTo,
      names: tls.names,
      fingerprint_sha256: tls.fingerprintSha256,
    },
  };
}
