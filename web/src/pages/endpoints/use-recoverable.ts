/** The deliveries and events that an endpoint has not got and could be sent: those that failed for good, or came while it was disabled. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { endpointActs } from './endpoint-acts.ts';
import type { Endpoint } from './endpoint-values.ts';

const RENEWED_MS = 15_000;

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
  const { data, refetch } = useQuery({
    queryKey: ['recoverable', endpoint.id, since],
    enabled: endpointActs(endpoint, false, can).has('recover'),
    refetchInterval: RENEWED_MS,
    queryFn: () =>
      dataOf(
        api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/recover', {
          params: { path: { tenant, endpoint: endpoint.id } },
          body: { since, dry_run: true, sample: 1 },
        }),
      ),
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
