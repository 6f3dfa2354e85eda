/** The connection to Temporal: made when it can be, remade when it is lost, asked before it is used. */
import { Client } from '@temporalio/client';
import {
  DefaultLogger,
  type LogLevel,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
} from '@temporalio/worker';
import type { Logger } from '../observability/logger.ts';
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
  /** whether what can wait should be asked of it now */
  isUsable(): boolean;
  /**
   * Hears of a call that failed. While Temporal is away nothing is asked of it until it answers again; where it takes no more, or not
   * from us, what can wait is asked later and later.
   * @returns what the error says of Temporal; null: it has answered
   */
  failed(error: unknown): TemporalTrouble | null;
  /** Hears of a call that did not. */
  worked(): void;
  close(): Promise<void>;
};

const PROBE_MS = 1_000;
const PROBE_DEADLINE_MS = 3_000;
/** Beyond its rate, or without valid credentials, asking more makes it worse. */
const PAUSE_MS = { from: 1_000, to: 30_000 };

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
// Long because probing, losing and pausing change one state.
export function openTemporalLink(target: TemporalTarget, logger: Logger): TemporalLink {
  installRuntime(logger);
  let connection: NativeConnection | null = null;
  let client: Client | null = null;
  let away = false;
  let closed = false;
  let probing: NodeJS.Timeout | undefined;
  let refused: { trouble: TemporalTrouble; pauseMs: number; untilMs: number } | null = null;
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
      back();
    } catch (error) {
      if (closed) return;
      // Whoever answers, with whatever, is there.
      if (connection !== null && troubleOf(error) !== 'away') return back();
      if (!away)
        logger.warn(
          { reason: (error as Error).message },
          'Temporal is away; accepting goes on, delivering waits',
        );
      away = true;
      probing = setTimeout(() => void probe(), PROBE_MS);
    }
  }

  function back(): void {
    if (away) logger.info('Temporal is back');
    away = false;
  }

  function lost(error: unknown): void {
    if (away || closed) return;
    logger.warn(
      { reason: (error as Error).message },
      'Temporal is away; accepting goes on, delivering waits',
    );
    away = true;
    probing = setTimeout(() => void probe(), PROBE_MS);
  }

  function pause(trouble: 'denied' | 'busy', error: unknown): void {
    if (refused?.trouble !== trouble) {
      const reason = (error as Error).message;
      if (trouble === 'denied')
        logger.error({ reason }, 'Temporal does not take our credentials; delivering waits');
      else logger.warn({ reason }, 'Temporal does not take every call; delivering is slower');
    }
    // Several that fail together are one reason to wait, not several.
    if (refused !== null && Date.now() < refused.untilMs) return;
    const pauseMs = refused === null ? PAUSE_MS.from : Math.min(refused.pauseMs * 2, PAUSE_MS.to);
    refused = { trouble, pauseMs, untilMs: Date.now() + pauseMs };
  }

  void probe();
  return {
    target,
    connected,
    client: () => (away ? null : client),
    isUsable: () => !away && client !== null && (refused === null || Date.now() >= refused.untilMs),
    failed(error) {
      const trouble = troubleOf(error);
      if (trouble === 'away') lost(error);
      else if (trouble !== null) pause(trouble, error);
      return trouble;
    },
    worked() {
      if (refused !== null) logger.info('Temporal takes our calls again');
      refused = null;
    },
    async close() {
      closed = true;
      clearTimeout(probing);
      await connection?.close().catch(() => {});
    },
  };
}
