/** The connection to Temporal: made when it can be, remade when it is lost, asked before it is used. */
import { Client, isGrpcServiceError } from '@temporalio/client';
import {
  DefaultLogger,
  type LogLevel,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
} from '@temporalio/worker';
import type { Logger } from '../logger.ts';

export type TemporalTarget = {
  connection: NativeConnectionOptions;
  namespace: string;
  /** of the Web UI, without a trailing slash */
  uiUrl: string | null;
};

export type TemporalLink = {
  readonly target: TemporalTarget;
  /** the client, or `null` while Temporal is away */
  client(): Client | null;
  /** resolves with the first connection */
  connected: Promise<NativeConnection>;
  /** a call failed because Temporal is away: nothing more is asked of it until it answers again */
  lost(error: unknown): void;
  close(): Promise<void>;
};

const PROBE_MS = 1_000;
const PROBE_DEADLINE_MS = 3_000;

let installed = false;

/** Routes the SDK's own log into ours, and leaves signals to us: it would otherwise stop the workers before we do. */
function installRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'error', forward: {} } },
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      // While Temporal is away every poller says so every second; the link says it once.
      if (/gRPC call \w+ retried/.test(message)) return;
      logger[level.toLowerCase() as Lowercase<LogLevel>](
        { sdk: meta?.sdkComponent, error: String(meta?.error ?? '') || undefined },
        message,
      );
    }),
  });
}

/** Connects in the background and goes on trying; the connection is what eager starts need, the worker's own. */
export function openTemporalLink(target: TemporalTarget, logger: Logger): TemporalLink {
  installRuntime(logger);
  let connection: NativeConnection | null = null;
  let client: Client | null = null;
  let away = false;
  let closed = false;
  let probing: NodeJS.Timeout | undefined;
  let announce: (connection: NativeConnection) => void = () => {};
  const connected = new Promise<NativeConnection>((resolve) => {
    announce = resolve;
  });

  async function probe(): Promise<void> {
    try {
      if (connection === null) {
        const made = await NativeConnection.connect(target.connection);
        if (closed) return await made.close();
        connection = made;
        client = new Client({ connection, namespace: target.namespace });
        announce(connection);
      } else {
        const { workflowService } = connection;
        await connection.withDeadline(Date.now() + PROBE_DEADLINE_MS, () =>
          workflowService.describeNamespace({ namespace: target.namespace }),
        );
      }
      if (away) logger.info('Temporal is back');
      away = false;
    } catch (error) {
      if (closed) return;
      if (!away)
        logger.warn(
          { reason: (error as Error).message },
          'Temporal is away; accepting goes on, delivering waits',
        );
      away = true;
      probing = setTimeout(() => void probe(), PROBE_MS);
    }
  }

  void probe();
  return {
    target,
    connected,
    client: () => (away ? null : client),
    lost(error) {
      if (away || closed) return;
      logger.warn(
        { reason: (error as Error).message },
        'Temporal is away; accepting goes on, delivering waits',
      );
      away = true;
      probing = setTimeout(() => void probe(), PROBE_MS);
    },
    async close() {
      closed = true;
      clearTimeout(probing);
      await connection?.close().catch(() => {});
    },
  };
}

const AWAY_CODES = new Set([1, 4, 14]); // cancelled, deadline exceeded, unavailable

/** Whether the error says that Temporal could not be reached or did not answer in time. */
export function isTemporalAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return AWAY_CODES.has(cause.code);
    if (
      /transport error|Connection failed|connection (closed|refused)|tcp connect error/i.test(cause.message)
    )
      return true;
  }
  return false;
}
