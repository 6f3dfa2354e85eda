/** Re-encrypts sealed values after a new first key was put into the key ring, in small batches beside the running service. */
import type { Db } from './pool.ts';
import type { Vault } from './vault.ts';

export type ReencryptCount = {
  resealed: number;
  /** values that were under the first key already */
  current: number;
  /** ids of values that no key of the ring opens */
  unreadable: string[];
};

const BATCH = 500;

type Sealed = { id: string; number: number; sealed: Buffer };

/** The columns with sealed values: `page` reads rows beyond `($1, $2)`, `replace` changes one unless it has changed meanwhile. */
const PLACES = [
  {
    page: `select id, 0 as number, sealed from endpoints where (id, 0) > ($1, $2::int) order by id limit $3`,
    replace: 'update endpoints set sealed = $3 where id = $1 and $2::int = 0 and sealed = $4',
  },
  {
    page: `select delivery_id as id, number, request_url_sealed as sealed from attempts
           where (delivery_id, number) > ($1, $2::int) and request_url_sealed is not null
           order by delivery_id, number limit $3`,
    replace: `update attempts set request_url_sealed = $3
              where delivery_id = $1 and number = $2 and request_url_sealed = $4`,
  },
];

/**
 * Puts every sealed value under the ring's first key. It may run beside other processes, and may be repeated: a value that changes
 * meanwhile is left as it is.
 */
export async function reencryptAll(db: Db, vault: Vault): Promise<ReencryptCount> {
  const count: ReencryptCount = { resealed: 0, current: 0, unreadable: [] };
  for (const { page, replace } of PLACES) {
    for (let after = { id: '', number: 0 }; ; ) {
      const { rows } = await db.query<Sealed>(page, [after.id, after.number, BATCH]);
      for (const row of rows) {
        const sealed = resealed(vault, row);
        if (sealed === 'unreadable') count.unreadable.push(row.id);
        else if (sealed === 'current') count.current += 1;
        else
          count.resealed += (await db.query(replace, [row.id, row.number, sealed, row.sealed])).rowCount ?? 0;
      }
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last;
    }
  }
  return count;
}

function resealed(vault: Vault, { id, sealed }: Sealed): Buffer | 'current' | 'unreadable' {
  try {
    return vault.reseal(sealed, id) ?? 'current';
  } catch {
    return 'unreadable';
  }
}
