/** What a call has brought, without what openapi-fetch puts around it. */

/** The body of a successful answer. @throws TidingsError */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  return data as Data;
}
