/** A page that is not there. */
import { LinkButton } from '../parts/button.tsx';
import { Page } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

export function NotFound() {
  const { shell } = useTexts();
  return (
    <Page title={shell.notFound}>
      <p className="muted">{shell.notFoundHint}</p>
      <div>
        <LinkButton href="/">{shell.overview}</LinkButton>
      </div>
    </Page>
  );
}
