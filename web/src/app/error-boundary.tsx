/** Shows what to do when a page breaks, instead of nothing. */
import { Component, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

class Boundary extends Component<{ children: ReactNode; fallback: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };
  static getDerivedStateFromError = () => ({ isBroken: true });
  override render() {
    return this.state.isBroken ? this.props.fallback : this.props.children;
  }
}

/** Another page may be whole: each place has a boundary of its own. */
export function ErrorBoundary({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const { shell } = useTexts();
  return (
    <Boundary
      key={location}
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
