/** Idempotency keys: a request with the same key and the same body is the same request. */
import { Problem } from '../domain/errors.ts';
import { PassingError, type Queryable } from './pool.ts';

/**
 * Claims keys for requests. Where another transaction is claiming the same key, it waits until that one has ended.
 * @param claims no two of them for the same key
 * @returns for each request whose key was used before, the ids of the events that the first request made
 * @throws Problem idempotency_conflict when a key was used before with another body
 */
export async function claimKeys<Request>(
  client: Queryable,
  claims: { request: Request; tenantId: string; key: string; requestHash: Buffer; eventIds: string[] }[],
): Promise<Map<Request, string[]>> {
  if (claims.length === 0) return new Map();
  const nameOf = ({ tenantId, key }: { tenantId: string; key: string }) => `${tenantId} ${key}`;
  const ordered = [...claims].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const { rows: taken } = await client.query<{ tenantId: string; key: string }>(
    `insert into idempotency_keys (tenant_id, key, request_hash, event_ids)
     select r.tenant_id, r.key, r.hash, string_to_array(r.ids, ' ')
     from unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) as r (tenant_id, key, hash, ids)
     on conflict do nothing returning tenant_id as "tenantId", key`,
    [
      ordered.map((claim) => claim.tenantId),
      ordered.map((claim) => claim.key),
      ordered.map((claim) => claim.requestHash),
      ordered.map((claim) => claim.eventIds.join(' ')),
    ],
  );
  const ours = new Set(taken.map(nameOf));
  const repeated = claims.filter((claim) => !ours.has(nameOf(claim)));
  if (repeated.length === 0) return new Map();
  const { rows } = await client.query<{
    tenantId: string;
    key: string;
    requestHash: Buffer;
    eventIds: string[];
  }>(
    `select tenant_id as "tenantId", key, request_hash as "requestHash", event_ids as "eventIds" from idempotency_keys
     where (tenant_id, key) in (select * from unnest($1::text[], $2::text[]))`,
    [repeated.map((claim) => claim.tenantId), repeated.map((claim) => claim.key)],
  );
  const stored = new Map(rows.map((row) => [nameOf(row), row]));
  return new Map(
    repeated.map((claim) => {
      const earlier = stored.get(nameOf(claim));
      // The key was erased between the two statements. A repetition will find it gone.
      if (earlier === undefined) throw new PassingError('An idempotency key vanished while it was read');
      if (earlier.requestHash.equals(claim.requestHash)) return [claim.request, earlier.eventIds];
      throw new Problem(
        'idempotency_conflict',
        'This Idempotency-Key was used before with another body. Use a new key for a new request.',
      );
    }),
  );
}
