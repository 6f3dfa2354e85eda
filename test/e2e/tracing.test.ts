/** One trace from the emit to the receiver, through the workflow, a retry and the curl command. */
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

type Span = {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  links?: { traceId: string }[];
  attributes: { key: string; value: Record<string, unknown> }[];
};

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const emitter = '00f067aa0ba902b7';
const given = `00-${trace}-${emitter}-01`;
const SERVER = 2;
const CLIENT = 3;

/** A collector as OpenTelemetry's exporters know it: OTLP over HTTP, in JSON. */
async function startCollector() {
  const receiver = await startReceiver((response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  );
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: new URL(receiver.url).origin },
    spans: (): Span[] =>
      receiver.received
        .filter(({ path }) => path === '/v1/traces')
        .flatMap(({ body }) => JSON.parse(body.toString()).resourceSpans)
        .flatMap((each: any) => each.scopeSpans.flatMap((scope: any) => scope.spans)),
  };
}

const attribute = (span: Span | undefined, name: string) =>
  Object.values(span?.attributes.find(({ key }) => key === name)?.value ?? {})[0];

async function subscribed({ call }: TestService, url: string): Promise<string> {
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Traced' });
  await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url, retry_schedule: [1] });
  return tenant.id;
}

const emit = ({ call }: TestService, tenant: string, headers: Record<string, string> = {}) =>
  call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} }, headers);

const headersAt = (receiver: Receiver) =>
  receiver.received.map(({ headers }) => String(headers.traceparent ?? 'none'));

test('with a collector, the emit, the start of the workflow and both attempts are in the trace of the emitter', async () => {
  const collector = await startCollector();
  const tidings = await startTestService(collector.env);
  const receiver = await startReceiver(500, 200);
  const tenant = await subscribed(tidings, receiver.url);
  const { body: event } = await emit(tidings, tenant, { traceparent: given });
  const [{ id }] = event.deliveries;
  const log = await tidings.settled(id);
  const curl = (await tidings.call('GET', `/v1/deliveries/${id}/curl`)).text;
  await tidings.stop();

  const spans = collector.spans();
  const [emitted] = spans.filter(({ name }) => name === 'emit');
  expect(emitted).toMatchObject({ kind: SERVER, traceId: trace, parentSpanId: emitter });
  expect(attribute(emitted, 'http.response.status_code')).toBe(202);
  expect(spans.filter(({ name }) => name === 'dispatch')).toEqual([
    expect.objectContaining({ traceId: trace, parentSpanId: emitted?.spanId }),
  ]);
  const attempts = spans.filter(({ name }) => name === 'attempt');
  expect(attempts).toHaveLength(2);
  for (const attempt of attempts)
    expect(attempt).toMatchObject({ kind: CLIENT, traceId: trace, parentSpanId: emitted?.spanId });
  const [first, second] = attempts;
  expect(attribute(first, 'error.type')).toBe('http_status');
  expect(attribute(first, 'http.response.status_code')).toBe(500);
  expect(attribute(second, 'http.response.status_code')).toBe(200);
  expect(attempts.map((span) => attribute(span, 'tidings.attempt.number'))).toEqual([1, 2]);
  expect(attribute(second, 'tidings.delivery.id')).toBe(id);
  expect(attribute(second, 'tidings.event.id')).toBe(event.id);
  expect(attribute(second, 'tidings.endpoint.id')).toBe(event.deliveries[0].endpoint_id);
  expect(attribute(second, 'temporalWorkflowID')).toBe(log.workflow.id);
  expect(attribute(second, 'temporalRunID')).toBe(log.workflow.run_id);

  expect(headersAt(receiver)).toEqual(attempts.map(({ spanId }) => `00-${trace}-${spanId}-01`));
  expect(log.attempts[1].request.headers).toMatchObject({ traceparent: headersAt(receiver)[1] });
  expect(curl).toContain(`traceparent: 00-${trace}-${emitted?.spanId}-01`);
});

test('with a collector, an emitter without a trace gets one for each event', async () => {
  const collector = await startCollector();
  const tidings = await startTestService(collector.env);
  const receiver = await startReceiver();
  const tenant = await subscribed(tidings, receiver.url);
  for (const traceparent of ['', 'nonsense']) {
    const { body } = await emit(tidings, tenant, { traceparent });
    await tidings.settled(body.deliveries[0].id);
  }
  await tidings.stop();
  const emits = collector.spans().filter(({ name }) => name === 'emit');
  expect(emits.map((span) => span.parentSpanId ?? '')).toEqual(['', '']);
  const traces = emits.map(({ traceId }) => traceId);
  expect(new Set(traces).size).toBe(2);
  expect(headersAt(receiver).map((header) => header.split('-')[1])).toEqual(traces);
});

test('with a collector, a burst of several traces is linked to each, and each attempt stays in its own', async () => {
  const collector = await startCollector();
  const tidings = await startTestService(collector.env);
  const receiver = await startReceiver();
  const tenant = await subscribed(tidings, receiver.url);
  const answers = await Promise.all(Array.from({ length: 30 }, () => emit(tidings, tenant)));
  for (const { body } of answers) await tidings.settled(body.deliveries[0].id);
  await tidings.stop();
  const spans = collector.spans();
  const emitted = new Set(spans.filter(({ name }) => name === 'emit').map(({ traceId }) => traceId));
  expect(emitted.size).toBe(30);
  expect(new Set(headersAt(receiver).map((header) => header.split('-')[1]))).toEqual(emitted);
  const bursts = spans.filter(({ name, links = [] }) => name === 'dispatch' && links.length > 1);
  expect(bursts.length).toBeGreaterThan(0);
  for (const { links = [] } of bursts)
    expect(links.filter(({ traceId }) => !emitted.has(traceId))).toEqual([]);
});

test('a collector that is away delays neither deliveries nor the end', async () => {
  const tidings = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  const receiver = await startReceiver();
  const { body } = await emit(tidings, await subscribed(tidings, receiver.url));
  expect(await tidings.settled(body.deliveries[0].id)).toMatchObject({ status: 'succeeded' });
  const at = Date.now();
  await tidings.stop();
  expect(Date.now() - at).toBeLessThan(10_000);
});

describe('without a collector', () => {
  let tidings: TestService;
  beforeAll(async () => {
    tidings = await startTestService();
  });
  afterAll(() => tidings?.stop());

  test("the emitter's trace goes to the receiver as it came, also on the retry and in curl", async () => {
    const receiver = await startReceiver(500, 200);
    const { body } = await emit(tidings, await subscribed(tidings, receiver.url), { traceparent: given });
    const [{ id }] = body.deliveries;
    await tidings.settled(id);
    expect(headersAt(receiver)).toEqual([given, given]);
    expect((await tidings.call('GET', `/v1/deliveries/${id}/curl`)).text).toContain(`traceparent: ${given}`);
  });

  test.each<[string, Record<string, string>]>([
    ['no trace', {}],
    ['a trace that is not valid', { traceparent: '00-0-0-01' }],
  ])('%s: the receiver gets no header', async (_name, headers) => {
    const receiver = await startReceiver();
    const { body } = await emit(tidings, await subscribed(tidings, receiver.url), headers);
    const { id } = body.deliveries[0];
    await tidings.settled(id);
    expect(headersAt(receiver)).toEqual(['none']);
    expect((await tidings.call('GET', `/v1/deliveries/${id}/curl`)).text).not.toContain('traceparent');
  });
});
