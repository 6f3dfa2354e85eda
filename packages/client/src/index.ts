/** The typed client of the Tidings API. Its types come from docs/openapi.json. */
import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';
import { errorOf, noAnswer } from './errors.ts';
import type { components, paths } from './openapi.ts';

export { type ClientErrorCode, type FieldError, TidingsError } from './errors.ts';

/** The wire schemas by name: `Schemas['Endpoint']`. */
export type Schemas = components['schemas'];
export type TidingsClient = Client<paths>;

/**
 * Makes a client. Its methods are HTTP's, typed by path: `client.GET('/v1/tenants/{tenant}', { params: { path: { tenant } } })`.
 * Every method rejects with a `TidingsError` where the API refuses, or where no answer comes.
 * @param options.baseUrl of the service, like `https://tidings.example.com`
 * @param options.headers sent with each request: `x-api-key`, or `authorization: Bearer …`
 * @param options.fetch default: the global one
 */
export function createClient(options: ClientOptions): TidingsClient {
  const client = createFetchClient<paths>(options);
  client.use({
    onResponse: async ({ response }) => {
      if (!response.ok) throw await errorOf(response);
    },
    onError: ({ error }) => {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined;
      return noAnswer(error);
    },
  });
  return client;
}

/** The body of a successful answer. @throws TidingsError */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  return data as Data;
}
