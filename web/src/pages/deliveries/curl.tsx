/** Copying a delivery as a curl command: masked, or with secrets for those who may see them and ask for it. */
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './delivery.module.css';

export function CurlActions({ id }: { id: string }) {
  const { deliveries } = useTexts();
  const texts = deliveries.detail;
  const { can } = useViewer();
  const [isAsking, setAsking] = useState(false);
  const masked = useCurl(id, false, () => {});
  const revealed = useCurl(id, true, () => setAsking(false));
  return (
    <>
      <span className={styles.pair}>
        <Button icon="copy" title={texts.curlHint} isBusy={masked.isBusy} onClick={masked.submit}>
          {texts.curl}
        </Button>
        {can('secrets') && (
          <Button look="quiet" onClick={() => setAsking(true)}>
            {texts.curlRevealed}
          </Button>
        )}
      </span>
      {masked.problem && <ProblemNotice problem={masked.problem} />}
      {isAsking && (
        <ConfirmDialog
          title={texts.curlRevealTitle}
          submission={revealed}
          onClose={() => {
            revealed.reset();
            setAsking(false);
          }}
        >
          <p>{texts.curlRevealHint}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function useCurl(id: string, isRevealed: boolean, onDone: () => void) {
  const api = useApi();
  const announce = useAnnounce();
  const { deliveries } = useTexts();
  return useSubmission(
    async () => {
      const command = await dataOf(
        api.GET('/v1/deliveries/{delivery}/curl', {
          params: { path: { delivery: id }, query: isRevealed ? { reveal: 'true' } : {} },
          parseAs: 'text',
        }),
      );
      await navigator.clipboard.writeText(command);
    },
    () => {
      announce(deliveries.detail.curlCopied);
      onDone();
    },
  );
}
