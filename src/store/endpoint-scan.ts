/**
 * SQL of a recursive `waiting (endpoint_id)`: every endpoint with a delivery for which `where` holds, and a null at its end. It
 * goes from endpoint to endpoint in an index of just those deliveries, a step for each: there may be millions at one.
 * @param where in the words of the index's own predicate
 */
export const endpointsWith = (where: string): string => `waiting as (
    (select endpoint_id from deliveries where ${where} order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from deliveries d where ${where} and d.endpoint_id > w.endpoint_id
      order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  )`;
