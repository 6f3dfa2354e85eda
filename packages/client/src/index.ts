/** The typed client of the Tidings API. Its types come from docs/openapi.json. */
import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';
import { errorOf, noAnswer } from './errors.ts';
import type { components, paths } from './openapi.ts';
import { type Fetch, withRetries } from './retries.ts';

export { dataOf } from './data.ts';
export { type ClientErrorCode, type FieldError, TidingsError } from './errors.ts';
export { itemsOf } from './pages.ts';

/** The wire schemas by name: `Schemas['Endpoint']`. */
export type Schemas = components['schemas'];
export type TidingsClient = Client<paths>;

export type TidingsClientOptions = Omit<ClientOptions, 'fetch'> & {
  /** default: the global one */
  fetch?: Fetch;
  /** how many times a request that may be repeated is repeated, after 429, 5xx and where no answer came; default: 4 */
  retries?: number;
};

const RETRIES = 4;

/**
 * Makes a client. Its methods are HTTP's, typed by path: `client.GET('/v1/tenants/{tenant}', { params: { path: { tenant } } })`.
 * Every method rejects with a `TidingsError` where the API refuses, or where no answer comes.
 * @param options.baseUrl of the service, like `https://tidings.example.com`
 * @param options.headers sent with each request: `x-api-key`, or `authorization: Bearer …`
 */
export function createClient({
  fetch = (request) => globalThis.fetch(request),
  retries = RETRIES,
  ...options
}: TidingsClientOptions): TidingsClient {
  const client = createFetchClient<paths>({ ...options, fetch: withRetries(fetch, retries) });
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
