/** Shows what to do when a page breaks, instead of nothing. */
import { Component, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

type Props = { place: string; children: ReactNode; fallback: (isUnloaded: boolean) => ReactNode };

type State = { isBroken: boolean; isUnloaded: boolean };

/** Browsers have no code for it. A part that cannot be loaded: the service is away, or has become another version. */
const NOT_LOADED = /dynamically imported module|module script failed|error loading/i;

class Boundary extends Component<Props, State> {
  override state: State = { isBroken: false, isUnloaded: false };
  static getDerivedStateFromError = (error: unknown): State => ({
    isBroken: true,
    isUnloaded: error instanceof Error && NOT_LOADED.test(error.message),
  });
  override componentDidUpdate(before: Props) {
    if (this.state.isBroken && before.place !== this.props.place)
      this.setState({ isBroken: false, isUnloaded: false });
  }
  override render() {
    const { isBroken, isUnloaded } = this.state;
    return isBroken ? this.props.fallback(isUnloaded) : this.props.children;
  }
}

/** Another page may be whole: a new place is tried anew. What is not broken stays mounted, with its lists and its stream. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const { shell } = useTexts();
  return (
    <Boundary
      place={location}
      fallback={(isUnloaded) => (
        <div role="alert">
          <Empty
            title={isUnloaded ? shell.notLoaded : shell.broken}
            action={<Button onClick={() => window.location.reload()}>{shell.reload}</Button>}
          >
            {isUnloaded ? shell.notLoadedHint : shell.brokenHint}
          </Empty>
        </div>
      )}
    >
      {children}
    </Boundary>
  );
}
