/**
 * SQL of a recursive `waiting (endpoint_id)`: every endpoint with a delivery for which `where` holds, and a null at the end. It steps from
 * one endpoint to the next in an index of just those deliveries, because there may be millions of them at one endpoint.
 * @param where the condition, in the words of the index's own predicate
 */
export const endpointsWith = (where: string): string => `waiting as (
    (select endpoint_id from deliveries where ${where} order by endpoint_id limit 1)
    union all
    select (select d.endpoint_id from deliveries d where ${where} and d.endpoint_id > w.endpoint_id
      order by d.endpoint_id limit 1)
    from waiting w where w.endpoint_id is not null
  )`;
