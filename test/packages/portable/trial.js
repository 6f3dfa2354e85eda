/** What each runtime does with our libraries: it verifies OpenSSL's vectors, and asks the service as a client. Nothing here is Node's. */
import { createClient, dataOf, itemsOf, TidingsError } from '@tidings/client';
import { verify, WebhookRefused } from '@tidings/verify';

const bytesOf = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));

/** What the library makes of a vector, given as the runtime's own Request. */
async function outcomeOf({ profile, secrets, headers, body_base64, now }) {
  const request = new Request('http://receiver.example/', {
    method: 'POST',
    headers,
    body: bytesOf(body_base64),
  });
  try {
    await verify(request, { profile, secret: secrets, nowMs: now * 1000 });
    return 'accepted';
  } catch (error) {
    return error instanceof WebhookRefused ? error.reason : String(error);
  }
}

async function asClient({ baseUrl, key }) {
  const clientWith = (given) => createClient({ baseUrl, headers: { 'x-api-key': given } });
  const client = clientWith(key);
  const tenant = await dataOf(client.POST('/v1/tenants', { body: { name: 'Portable' } }));
  const params = { path: { tenant: tenant.id } };
  const body = { type: 'a.b', data: { name: 'Zoë' } };
  const sent = [];
  for (let n = 0; n < 3; n += 1)
    sent.push((await dataOf(client.POST('/v1/tenants/{tenant}/events', { params, body }))).id);
  const listed = [];
  const page = (cursor) =>
    client.GET('/v1/tenants/{tenant}/events', {
      params: { ...params, query: { limit: 2, ...(cursor && { cursor }) } },
    });
  for await (const { id } of itemsOf(page)) listed.push(id);
  const refusal = await clientWith('wrong')
    .GET('/v1/tenants', {})
    .then(dataOf)
    .catch((error) => (error instanceof TidingsError ? error.code : String(error)));
  return { isComplete: String(listed.reverse()) === String(sent), refusal };
}

export async function tryOut({ vectors, baseUrl, key }) {
  const outcomes = {};
  for (const vector of vectors) outcomes[vector.name] = await outcomeOf(vector);
  return { outcomes, client: await asClient({ baseUrl, key }) };
}
