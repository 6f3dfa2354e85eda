/** Shows what to do when a page breaks, instead of nothing. */
import { Component, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

type Props = { place: string; children: ReactNode; fallback: ReactNode };

class Boundary extends Component<Props, { isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError = () => ({ isBroken: true });
  override componentDidUpdate(before: Props) {
    if (this.state.isBroken && before.place !== this.props.place) this.setState({ isBroken: false });
  }
  override render() {
    return this.state.isBroken ? this.props.fallback : this.props.children;
  }
}

/** Another page may be whole: a new place is tried anew. What is not broken stays mounted, with its lists and its stream. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const { shell } = useTexts();
  return (
    <Boundary
      place={location}
      fallback={
        <div role="alert">
          <Empty
            title={shell.broken}
            action={<Button onClick={() => window.location.reload()}>{shell.reload}</Button>}
          >
            {shell.brokenHint}
          </Empty>
        </div>
      }
    >
      {children}
    </Boundary>
  );
}
