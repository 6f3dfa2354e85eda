/** A page that is not there. */
import { LinkButton } from '../parts/button.tsx';
import { Empty, Page } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

export function NotFound() {
  const { shell } = useTexts();
  return (
    <Page title={shell.notFound} shownTitle="">
      <Empty title={shell.notFound} action={<LinkButton href="/">{shell.overview}</LinkButton>}>
        {shell.notFoundHint}
      </Empty>
    </Page>
  );
}
