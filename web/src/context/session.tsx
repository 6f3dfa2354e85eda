/** The viewer of the pages, and what they may do. */
import type { Schemas } from '@tidings/client';
import { createContext, use } from 'react';

/** Capabilities of a portal session; a key's scopes give the same and three more. */
export type Capability =
  | 'view'
  | 'endpoints'
  | 'secrets'
  | 'send_test'
  | 'retry'
  | 'replay'
  /** send events */
  | 'emit'
  /** event types, keys, portal sessions, settings */
  | 'manage'
  /** every tenant */
  | 'admin';

export type Viewer = {
  entrance: 'dashboard' | 'portal';
  /** `null`: an operator, who sees every tenant */
  tenantId: string | null;
  can(capability: Capability): boolean;
  /** the name that the pages bear */
  name: string;
  logo: string | null;
  showsNavigation: boolean;
  returnUrl: string | null;
  signOut(): Promise<void>;
};

const ViewerContext = createContext<Viewer | null>(null);
export const ViewerProvider = ViewerContext.Provider;

/** @throws Error outside of the provider */
export function useViewer(): Viewer {
  const viewer = use(ViewerContext);
  if (viewer === null) throw new Error('There is no ViewerProvider above');
  return viewer;
}

const OF_MANAGE: readonly Capability[] = ['endpoints', 'secrets', 'send_test', 'retry', 'replay', 'manage'];

/** What the session of a key may do. `manage` includes `read`. */
export function capabilitiesOf({ kind, scopes }: Schemas['Session']): ReadonlySet<Capability> {
  const isAdmin = kind === 'admin';
  return new Set<Capability>([
    ...(isAdmin || scopes.includes('read') || scopes.includes('manage') ? (['view'] as const) : []),
    ...(isAdmin || scopes.includes('manage') ? OF_MANAGE : []),
    ...(isAdmin || scopes.includes('emit') ? (['emit'] as const) : []),
    ...(isAdmin ? (['admin'] as const) : []),
  ]);
}
