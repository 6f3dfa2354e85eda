/** The number of requests that a service has answered with 500: any is a fault of its own, whatever it was asked. */

/**
 * @param url of the API
 * @returns what to say of them; null when there were none
 */
export async function internalErrors(url: string): Promise<string | null> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const [, count] = /^tidings_internal_errors_total (\d+)$/m.exec(page) ?? [];
  if (count === undefined) return 'The service does not say how many requests it has answered with 500.';
  if (count === '0') return null;
  const routes = page.split('\n').filter((line) => /^tidings_http_requests_total\{.*status="500"/.test(line));
  return [`${count} requests were answered with 500; the log has "a request failed":`, ...routes].join(
    '\n  ',
  );
}
