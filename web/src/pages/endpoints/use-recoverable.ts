/** The deliveries and events that an endpoint has not got and could be sent: those that failed for good, or came while it was disabled. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useEffect, useRef, useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { useLiveMessages } from '../../context/live.tsx';
import { createPacer } from '../../context/pacer.ts';
import { useViewer } from '../../context/session.tsx';
import type { LiveMessage } from '../../context/stream.ts';
import { useTenant } from '../../context/tenant.tsx';
import { endpointActs } from './endpoint-acts.ts';
import type { Endpoint } from './endpoint-values.ts';

/** The count reads thousands of rows: news that come one after the other renew it once in this time. */
const PAUSE_MS = 5_000;

const keyOf = (endpoint: string) => `tidings-seen-${endpoint}`;

/** Storage may be forbidden, as in a frame: then what was dismissed comes back with the next visit. */
function dismissedAt(endpoint: string): string | null {
  try {
    return localStorage.getItem(keyOf(endpoint));
  } catch {
    return null;
  }
}

export type Recoverable = {
  counted: Schemas['DryRun'] | undefined;
  /** when the first of it was accepted; `null`: it is not known, or there is none */
  since: string | null;
  renew(): void;
  /** Leaves aside what has failed or was missed until now, in this browser. */
  dismiss(): void;
};

export function useRecoverable(endpoint: Endpoint): Recoverable {
  const api = useApi();
  const { can } = useViewer();
  const { id: tenant } = useTenant();
  const [dismissed, setDismissed] = useState(() => dismissedAt(endpoint.id));
  const since = dismissed ?? endpoint.created_at;
  const isAsked = endpointActs(endpoint, false, can).has('recover');
  const { data, refetch } = useQuery({
    queryKey: ['recoverable', endpoint.id, since],
    enabled: isAsked,
    queryFn: () =>
      dataOf(
        api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/recover', {
          params: { path: { tenant, endpoint: endpoint.id } },
          body: { since, dry_run: true, sample: 1 },
        }),
      ),
  });
  useNews(endpoint.id, () => {
    if (isAsked) void refetch();
  });
  const counted = data !== undefined && 'among' in data && endpoint.enabled ? data : undefined;
  return {
    counted,
    since: counted?.sample?.[0]?.created_at ?? null,
    renew: () => void refetch(),
    dismiss: () => {
      const now = new Date().toISOString();
      try {
        localStorage.setItem(keyOf(endpoint.id), now);
      } catch {
        // It lasts as long as the page.
      }
      setDismissed(now);
    },
  };
}

/** Whether a message can change what the endpoint has not got. */
function isNews({ event, data }: LiveMessage, endpoint: string): boolean {
  switch (event) {
    case 'delivery.updated':
      return data.endpoint_id === endpoint && data.ended_at !== null;
    case 'endpoint.updated':
      return data.id === endpoint;
    case 'operation.updated':
      return data.endpoint_id === endpoint;
    default:
      return false;
  }
}

/** Calls `renew` after such messages, at once or when the last call is old enough. */
function useNews(endpoint: string, renew: () => void): void {
  const current = useRef(renew);
  current.current = renew;
  const [pacer] = useState(() => createPacer(() => current.current(), { pauseMs: PAUSE_MS, gatherMs: 0 }));
  useEffect(() => pacer.stop, [pacer]);
  useLiveMessages((message) => {
    if (isNews(message, endpoint)) pacer.ask();
  });
}
