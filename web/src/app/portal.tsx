/** The portal: exchanges the code of a link for a bearer, and shows the pages of one tenant. */
import { dataOf, type Schemas, type TidingsClient, TidingsError } from '@tidings/client';
import { useEffect, useMemo, useState } from 'react';
import { portalClient } from '../context/api.tsx';
import { createBearer } from '../context/bearer.ts';
import { takeCode } from '../context/link-code.ts';
import { type Away, untilReached } from '../context/reached.tsx';
import type { Viewer } from '../context/session.tsx';
import { applyAccent } from '../context/theme.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Empty } from '../parts/page.tsx';
import { ProblemNotice } from '../parts/problem.tsx';
import { useTexts } from '../texts/index.ts';
import { Entrance, SignedIn, Starting, useEntrance } from './entrance.tsx';
import { askForSession, tellHeight } from './framed.ts';
import { TenantPages } from './tenant-pages.tsx';

type Session = Schemas['OwnPortalSession'];
type State =
  | { kind: 'starting' }
  | { kind: 'no-link' }
  | { kind: 'refused'; problem: Error }
  | { kind: 'open'; session: Session; hasEnded: boolean };

const bearer = createBearer();

/** Exchanges the code of a link. */
async function exchange(api: TidingsClient, code: string): Promise<Session> {
  const { bearer: value, ...session } = await dataOf(
    api.POST('/v1/portal-sessions/exchange', { body: { code } }),
  );
  bearer.set(value);
  return session;
}

/** The session of the link's code; else that of this tab. @returns `null`: there is neither */
async function openSession(api: TidingsClient, onAway: (away: Away) => void): Promise<Session | null> {
  const code = takeCode();
  if (code !== null) return exchange(api, code);
  if (bearer.get() === null) return null;
  const session = await untilReached(() => dataOf(api.GET('/v1/portal-sessions/current')), onAway);
  onAway(null);
  return session;
}

export function Portal() {
  const [state, setState] = useState<State>({ kind: 'starting' });
  const api = useMemo(() => portalClient(bearer.get), []);
  const entrance = useEntrance(() =>
    setState((now) => (now.kind === 'open' ? { ...now, hasEnded: true } : now)),
  );
  const { queries, away, setAway } = entrance;
  useEffect(() => {
    openSession(api, setAway).then(
      (session) => {
        if (session?.theme.accent !== undefined) applyAccent(session.theme.accent);
        setState(session === null ? { kind: 'no-link' } : { kind: 'open', session, hasEnded: false });
      },
      (problem: Error) => setState({ kind: 'refused', problem }),
    );
  }, [api, setAway]);
  useEffect(tellHeight, []);
  const hasEnded = state.kind === 'open' && state.hasEnded;
  const tenant = state.kind === 'open' ? state.session.tenant_id : null;
  useEffect(() => {
    if (!hasEnded) return;
    return askForSession(async (code) => {
      const session = await exchange(api, code).catch(() => null);
      if (session === null) return;
      // Another tenant's session shows nothing of what this one has left on the page.
      if (session.tenant_id !== tenant) location.reload();
      setState({ kind: 'open', session, hasEnded: false });
      void queries.invalidateQueries();
    });
  }, [hasEnded, tenant, api, queries]);
  const signOut = async () => {
    await api.DELETE('/v1/portal-sessions/current').catch(() => {});
    bearer.set(null);
    queries.clear();
    setState({ kind: 'no-link' });
  };
  const theme = state.kind === 'open' ? state.session.theme : undefined;
  return (
    <Entrance api={api} mode={theme?.mode} {...entrance}>
      {state.kind === 'starting' && <Starting away={away} />}
      {state.kind === 'no-link' && <NoLink />}
      {state.kind === 'refused' && <Refused problem={state.problem} />}
      {state.kind === 'open' && (
        <SignedIn
          base="/portal"
          viewer={viewerOf(state.session, signOut)}
          over={state.hasEnded && <Ended returnUrl={state.session.return_url} />}
        >
          <TenantPages tenant={state.session.tenant_id} />
        </SignedIn>
      )}
    </Entrance>
  );
}

function viewerOf(
  { tenant_id, capabilities, theme, return_url }: Session,
  signOut: () => Promise<void>,
): Viewer {
  return {
    entrance: 'portal',
    tenantId: tenant_id,
    can: (capability) => (capabilities as string[]).includes(capability),
    name: theme.name ?? 'Webhooks',
    logo: theme.logo ?? null,
    showsNavigation: theme.navigation,
    returnUrl: return_url,
    signOut,
  };
}

function NoLink() {
  const { signIn } = useTexts();
  return (
    <main>
      <Empty title={signIn.portalNoLinkTitle}>{signIn.portalNoLinkHint}</Empty>
    </main>
  );
}

function Refused({ problem }: { problem: Error }) {
  const { signIn } = useTexts();
  const isUsedUp = problem instanceof TidingsError && problem.status === 401;
  return (
    <main>
      {isUsedUp ? (
        <div role="alert">
          <Empty title={signIn.portalCodeFailedTitle}>{signIn.portalCodeFailedHint}</Empty>
        </div>
      ) : (
        <ProblemNotice problem={problem} onRetry={() => location.reload()} />
      )}
    </main>
  );
}

/** Over the page, which stays as it is with all that was typed. */
function Ended({ returnUrl }: { returnUrl: string | null }) {
  const { signIn } = useTexts();
  return (
    <Dialog title={signIn.portalEndedTitle}>
      <div className="stack" role="alert">
        <p>{signIn.portalEndedHint}</p>
        {returnUrl && (
          <a href={returnUrl} target="_top" rel="noreferrer">
            {signIn.returnTo}
          </a>
        )}
      </div>
    </Dialog>
  );
}
