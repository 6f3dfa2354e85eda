/** Connection to Temporal: opened in the background, and probed while Temporal is away. Meanwhile deliveries wait in the database. */
import { Client } from '@temporalio/client';
import {
  DefaultLogger,
  type LogLevel,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
} from '@temporalio/worker';
import type { Logger } from '../observability/logger.ts';
import { createCallPause } from './call-pause.ts';
import { type TemporalTrouble, troubleOf } from './call-trouble.ts';

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
  /** whether calls that can wait should be made now */
  isUsable(): boolean;
  /**
   * Reports a call that failed. When Temporal is away, `client()` is `null` until it answers again. When it is busy or denies us
   * access, `isUsable()` is false for a while, each time for twice as long.
   * @returns the trouble that the error shows; `null`: Temporal has answered the call
   */
  failed(error: unknown): TemporalTrouble | null;
  /** Reports a call that succeeded. */
  worked(): void;
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
      // While Temporal is away every poller logs this every second; the link logs it once.
      if (/gRPC call \w+ retried/.test(message)) return;
      logger[level.toLowerCase() as Lowercase<LogLevel>](
        { sdk: meta?.sdkComponent, error: String(meta?.error ?? '') || undefined },
        message,
      );
    }),
  });
}

/** Connects in the background and keeps trying. The client uses the workers' own connection, which eager starts require. */
// Long because probing and losing change one state.
export function openTemporalLink(target: TemporalTarget, logger: Logger): TemporalLink {
  installRuntime(logger);
  let connection: NativeConnection | null = null;
  let client: Client | null = null;
  let away = false;
  let closed = false;
  let probing: NodeJS.Timeout | undefined;
  const pause = createCallPause(logger);
  let announce: (connection: NativeConnection) => void = () => {};
  const connected = new Promise<NativeConnection>((resolve) => {
    announce = resolve;
  });

  /** No periodic task, since it probes only while Temporal is away; otherwise every call shows whether Temporal answers. */
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
      back();
    } catch (error) {
      if (closed) return;
      // Any answer, even an error, shows that Temporal is there.
      if (connection !== null && troubleOf(error) !== 'away') return back();
      probeAgain(error);
    }
  }

  function back(): void {
    if (away) logger.info('Temporal can be reached again');
    away = false;
  }

  function probeAgain(error: unknown): void {
    if (!away)
      logger.warn(
        { reason: (error as Error).message },
        'Temporal cannot be reached: events are accepted, and deliveries wait',
      );
    away = true;
    probing = setTimeout(() => void probe(), PROBE_MS);
  }

  void probe();
  return {
    target,
    connected,
    client: () => (away ? null : client),
    isUsable: () => !away && client !== null && pause.isOver(),
    failed(error) {
      const trouble = troubleOf(error);
      if (trouble === 'away' && !away && !closed) probeAgain(error);
      if (trouble === 'busy' || trouble === 'denied') pause.begin(trouble, error);
      return trouble;
    },
    worked: pause.end,
    async close() {
      closed = true;
      clearTimeout(probing);
      await connection?.close().catch(() => {});
    },
  };
}
