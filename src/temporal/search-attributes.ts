/** Search attributes, by which people filter in Temporal's Web UI; the namespace and its attributes are made here, too. */
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Logger } from '../observability/logger.ts';

const TENANT_ID = defineSearchAttributeKey('TenantId', 'KEYWORD_LIST');
const ENDPOINT_ID = defineSearchAttributeKey('EndpointId', 'KEYWORD_LIST');
const EVENT_TYPE = defineSearchAttributeKey('EventType', 'KEYWORD_LIST');
const KEYS = [TENANT_ID, ENDPOINT_ID, EVENT_TYPE];

/** `INDEXED_VALUE_TYPE_KEYWORD_LIST` of Temporal's API. */
const KEYWORD_LIST = 7;

/** The number of ids that fit into a value, which may have about 2 KB. */
const MAX_VALUES = 50;
const RETENTION_DAYS = 7;
const VISIBLE_WITHIN_MS = 10_000;

export function searchAttributePairs(of: {
  tenantIds: string[];
  endpointIds: string[];
  eventTypes: string[];
}): SearchAttributePair[] {
  const distinct = (values: string[]) => [...new Set(values)].slice(0, MAX_VALUES);
  return [
    { key: TENANT_ID, value: distinct(of.tenantIds) },
    { key: ENDPOINT_ID, value: distinct(of.endpointIds) },
    { key: EVENT_TYPE, value: distinct(of.eventTypes) },
  ];
}

/** Whether workflows may carry the attributes. `untold`: Temporal does not say, so they are tried. */
export type Searchable = 'yes' | 'no' | 'untold';

/**
 * Makes the namespace and registers the search attributes where they are missing. Where Temporal does not allow that, the log says
 * what to run by hand.
 * @returns whether the attributes can be used
 */
export async function prepareNamespace(client: Client, logger: Logger): Promise<Searchable> {
  const { namespace } = client.options;
  try {
    await ensureNamespace(client, namespace);
  } catch (error) {
    // A key for one namespace may use it without being allowed to look at it.
    logger.warn(
      { reason: (error as Error).message },
      `The namespace ${namespace} could not be read or created`,
    );
  }
  try {
    const registered = await registeredNames(client, namespace);
    const missing = KEYS.filter(({ name }) => !registered.has(name));
    if (missing.length === 0) return 'yes';
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name }) => [name, KEYWORD_LIST])),
    });
    if (await becomeVisible(client, namespace)) return 'yes';
  } catch (error) {
    logger.warn(
      { reason: (error as Error).message },
      `The search attributes could not be listed or created in the namespace ${namespace}; they are used once they exist. To create them, run: ${KEYS.map(
        ({ name }) =>
          `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type KeywordList`,
      ).join(' && ')}`,
    );
  }
  return 'untold';
}

async function ensureNamespace(client: Client, namespace: string): Promise<void> {
  const retention = { seconds: RETENTION_DAYS * 24 * 3600 } as never;
  const { workflowService } = client.connection;
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    // The development server's `default` namespace keeps a day of histories. Other namespaces belong to the operator.
    if (namespace !== 'default' || seconds >= RETENTION_DAYS * 24 * 3600) return;
    await workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: retention },
    });
  } catch (error) {
    const NOT_FOUND = 5;
    if ((error as { code?: number }).code !== NOT_FOUND) throw error;
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention });
  }
}

async function registeredNames(client: Client, namespace: string): Promise<Set<string>> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return new Set(Object.keys(customAttributes ?? {}));
}

async function becomeVisible(client: Client, namespace: string): Promise<boolean> {
  const deadline = Date.now() + VISIBLE_WITHIN_MS;
  while (Date.now() < deadline) {
    const names = await registeredNames(client, namespace);
    if (KEYS.every(({ name }) => names.has(name))) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}
