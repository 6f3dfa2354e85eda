/** Ids of things that exist, for the fuzzer: random ids would find nothing. */
import type { ScratchService } from './scratch-service.ts';

type Schema = { $ref?: string; examples?: object[]; [keyword: string]: unknown };
type Operation = {
  parameters?: { in: string; name: string; schema: object }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
};

/** The parts of an OpenAPI document that are read and changed here. */
export type OpenApiDocument = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** So many of what a DELETE or a cancel may use up. */
const VICTIMS = 30;

async function makeTenant(
  { call, createTenant, receiverUrl }: ScratchService,
  name: string,
  profile: string,
  more: object = {},
): Promise<{ tenant: string; endpoint: string }> {
  const tenant = await createTenant({ name, profile, contacts: ['ops@example.com'] });
  const settings = { url: `${receiverUrl}/hook`, ...more };
  const endpoint = await call<{ id: string }>('POST', `/v1/tenants/${tenant}/endpoints`, settings);
  return { tenant, endpoint: endpoint.id };
}

const asWebhook = (endpoint: string) => endpoint.replace('ep_', 'webhook_');

/** @returns ids by the name of the parameter that stands for them in paths */
export async function makeIds(
  service: ScratchService,
  document: OpenApiDocument,
): Promise<Record<string, string>> {
  const main = await makeTenant(service, 'Main', 'standard-webhooks', { signature: 'ed25519' });
  const scorm = await makeTenant(service, 'Scorm', 'scorm-api');
  const event = await service.emit(main.tenant, 'a.b', { n: 1 });
  const ids: Record<string, string> = {
    ...main,
    event: event.id,
    delivery: event.deliveries[0].id,
    webhook: asWebhook(scorm.endpoint),
  };
  // Whatever else can be made without a body, or with the example of its body.
  for (const [path, { post }] of Object.entries(document.paths)) {
    const name = Object.keys(document.paths)
      .map((each) => each.startsWith(`${path}/{`) && /^\{(\w+)\}$/.exec(each.slice(path.length + 1))?.[1])
      .find((each) => each && !(each in ids));
    if (post === undefined || !name) continue;
    const example = exampleOf(document, post);
    const body = {
      ...example,
      ...('tenant' in example && { tenant: main.tenant }),
      ...('key' in example && { key: service.adminKey }),
    };
    try {
      const { id } = await service.call<{ id?: string }>('POST', filled(path, ids), body);
      if (id !== undefined) ids[name] = id;
    } catch (error) {
      console.error(`No example of ${name}: ${(error as Error).message}`);
    }
  }
  return ids;
}

/** The documented example of an operation's body; empty where it has none. */
function exampleOf({ components }: OpenApiDocument, { requestBody }: Operation): object {
  const name = requestBody?.content['application/json'].schema.$ref?.split('/').pop();
  const [example] = (name !== undefined && components.schemas[name]?.examples) || [];
  return example ?? {};
}

/** Makes what may be used up. @returns ids by the name of the parameter */
export async function makeVictims(service: ScratchService): Promise<Record<string, string[]>> {
  const first = await makeTenant(service, 'Victim', 'scorm-api');
  const others = await Promise.all(
    Array.from({ length: VICTIMS - 1 }, () => makeTenant(service, 'Victim', 'scorm-api')),
  );
  const delivery: string[] = [];
  while (delivery.length < VICTIMS) {
    const data = { package_id: 'p', title: 't' };
    const event = await service.emit(first.tenant, 'package.processing.completed', data);
    delivery.push(event.deliveries[0].id);
  }
  return {
    tenant: others.map(({ tenant }) => tenant),
    webhook: others.map(({ endpoint }) => asWebhook(endpoint)),
    delivery,
  };
}

const filled = (path: string, ids: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');

/** Lets each parameter in the document be the id of something that exists, too. */
export function aimAtWhatExists(
  document: OpenApiDocument,
  ids: Record<string, string>,
  victims: Record<string, string[]>,
): void {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in !== 'path') continue;
        const spends = path.endsWith(`{${parameter.name}}${method === 'delete' ? '' : '/cancel'}`);
        const id = ids[parameter.name];
        const known = spends ? (victims[parameter.name] ?? []) : id === undefined ? [] : [id];
        if (known.length > 0) parameter.schema = { anyOf: [{ enum: known }, parameter.schema] };
      }
    }
  }
}
