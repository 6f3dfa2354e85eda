/** The dashboard: signs in with a key or a link, and shows the pages of all tenants, or of the key's. */
import { dataOf, type Schemas, TidingsError } from '@tidings/client';
import { useEffect, useMemo, useState } from 'react';
import { Redirect, Route, Switch, useSearch } from 'wouter';
import { dashboardClient } from '../context/api.tsx';
import { takeCode } from '../context/link-code.ts';
import { untilReached } from '../context/reached.tsx';
import { capabilitiesOf, type Viewer } from '../context/session.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { useTexts } from '../texts/index.ts';
import { Entrance, SignedIn, Starting, useEntrance } from './entrance.tsx';
import { OperatorPages } from './operator-pages.tsx';
import { SignInForm, SignInPage } from './sign-in.tsx';
import { TenantPages } from './tenant-pages.tsx';

type Session = Schemas['Session'];

/** Starting: it is not known yet whether somebody is signed in. */
type State =
  | { kind: 'starting' }
  | { kind: 'signed-out'; problem: Error | null; hasLeft: boolean }
  | { kind: 'signed-in'; session: Session; hasEnded: boolean };

/** Whether the request for this page came with a session's cookie, which is hidden from scripts. The server says so (src/api/pages.ts). */
const mayHaveSession = () =>
  document.querySelector('meta[name="tidings-session"]')?.getAttribute('content') !== 'none';

export function Dashboard() {
  const [state, setState] = useState<State>({ kind: 'starting' });
  const api = useMemo(dashboardClient, []);
  const entrance = useEntrance(() =>
    setState((now) => (now.kind === 'signed-in' ? { ...now, hasEnded: true } : now)),
  );
  const { queries, away, setAway } = entrance;

  useEffect(() => {
    const code = takeCode();
    const start = async () => {
      if (code !== null) return dataOf(api.POST('/v1/sessions', { body: { code } }));
      if (!mayHaveSession()) return null;
      const session = await untilReached(() => dataOf(api.GET('/v1/sessions/current')), setAway);
      setAway(null);
      return session;
    };
    start().then(
      (session) =>
        setState(
          session === null
            ? { kind: 'signed-out', problem: null, hasLeft: false }
            : { kind: 'signed-in', session, hasEnded: false },
        ),
      (problem: Error) => {
        // A session that has ended meanwhile is nothing to report; a link that does not work is.
        const isOld = code === null && problem instanceof TidingsError && problem.status === 401;
        setState({ kind: 'signed-out', problem: isOld ? null : problem, hasLeft: false });
      },
    );
  }, [api, setAway]);

  const signOut = async () => {
    await api.DELETE('/v1/sessions/current').catch(() => {});
    queries.clear();
    setState({ kind: 'signed-out', problem: null, hasLeft: true });
  };
  const onSignedIn = (session: Session) => {
    setState({ kind: 'signed-in', session, hasEnded: false });
    void queries.invalidateQueries();
  };

  return (
    <Entrance api={api} {...entrance}>
      {state.kind === 'starting' && <Starting away={away} />}
      {state.kind === 'signed-out' && (
        <SignInPage problem={state.problem} hasLeft={state.hasLeft} onSignedIn={onSignedIn} />
      )}
      {state.kind === 'signed-in' && (
        <SignedIn
          base="/dashboard"
          viewer={viewerOf(state.session, signOut)}
          over={state.hasEnded && <SignInAgain onSignedIn={onSignedIn} />}
        >
          {state.session.tenant_id === null ? (
            <OperatorPages />
          ) : (
            <OwnPages tenant={state.session.tenant_id} />
          )}
        </SignedIn>
      )}
    </Entrance>
  );
}

/** The pages of a tenant's key. Links in mails, and those of operators, name the tenant: they lead to the same page. */
function OwnPages({ tenant }: { tenant: string }) {
  const search = useSearch();
  return (
    <Switch>
      <Route path={`/tenants/${tenant}/*?`}>
        {({ '*': page }) => <Redirect to={`/${page ?? ''}${search === '' ? '' : `?${search}`}`} replace />}
      </Route>
      <Route>
        <TenantPages tenant={tenant} />
      </Route>
    </Switch>
  );
}

function viewerOf(session: Session, signOut: () => Promise<void>): Viewer {
  const capabilities = capabilitiesOf(session);
  return {
    entrance: 'dashboard',
    tenantId: session.tenant_id,
    can: (capability) => capabilities.has(capability),
    name: 'Tidings',
    logo: null,
    showsNavigation: true,
    returnUrl: null,
    signOut,
  };
}

/** Over the page, which stays as it is with all that was typed. */
function SignInAgain({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const { signIn } = useTexts();
  return (
    <Dialog title={signIn.endedTitle}>
      <div className="stack">
        <p>{signIn.endedHint}</p>
        <SignInForm onSignedIn={onSignedIn} />
      </div>
    </Dialog>
  );
}
