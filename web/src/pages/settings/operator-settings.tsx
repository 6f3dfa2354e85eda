/** The operator's settings: admin keys, the operational endpoint, sessions, and the bounds in force. */
import { Page } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { Keys } from './keys.tsx';
import { Limits } from './limits.tsx';
import { OperatorEndpoint } from './operator-endpoint.tsx';
import { Sessions } from './sessions.tsx';

export function OperatorSettings() {
  const { shell } = useTexts();
  return (
    <Page title={shell.settings}>
      <Keys tenant={null} />
      <OperatorEndpoint />
      <Sessions tenant={null} />
      <Limits />
    </Page>
  );
}
