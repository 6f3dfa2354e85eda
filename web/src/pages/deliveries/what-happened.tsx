/** The answer to the question that people come with: one sentence of what happened, who must act, and what to do. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { type ReactNode, useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useShortcut } from '../../context/shortcuts.ts';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import { useEnabling } from '../endpoints/use-enabling.ts';
import { CurlActions } from './curl.tsx';
import styles from './delivery.module.css';
import { actsOf } from './delivery-acts.ts';
import type { DeliveryLog } from './timeline-entries.ts';

/** What happened so far, where nothing failed. */
function useSentence(log: DeliveryLog): ReactNode {
  const { common, deliveries } = useTexts();
  const texts = deliveries.detail;
  const { explanation, status, held_reason: held } = log;
  if (status === 'succeeded')
    return texts.succeeded(log.attempt_count, String(log.last_response_status ?? '2xx'));
  if (status === 'cancelled') return texts.cancelledSentence;
  if (explanation !== null) return <Said>{explanation.summary}</Said>;
  if (status === 'delivering') return texts.sending;
  if (held !== null) return `${common.status.held}: ${common.held[held]}.`;
  return texts.waiting;
}

/** @param url where it goes, in words */
export function WhatHappened({ log, url }: { log: DeliveryLog; url: string }) {
  const { deliveries } = useTexts();
  const texts = deliveries.detail;
  const { can } = useViewer();
  const { obstacle } = actsOf(log, can);
  const sentence = useSentence(log);
  const { explanation, status } = log;
  const isExplained = explanation !== null && status !== 'succeeded' && status !== 'cancelled';
  const tone = status === 'succeeded' ? styles.good : status === 'failed' ? styles.bad : styles.calm;
  return (
    <Card title={texts.whatHappened} isRegion>
      <div className={`${styles.answer} ${tone}`}>
        <p className={styles.sentence}>{sentence}</p>
        {log.is_test && <p className="muted">{texts.isTest}</p>}
        {isExplained && (
          <>
            <p>
              <strong>{texts.who[explanation.who]}</strong> <Said>{explanation.action}</Said>
            </p>
            <p>
              <a href={explanation.docs_url} target="_blank" rel="noreferrer">
                {texts.docs}
              </a>
            </p>
          </>
        )}
        {(status !== 'succeeded' || obstacle !== null) && (
          <p>
            <span className="muted">{texts.next}:</span> <Said>{log.next_step}</Said>
          </p>
        )}
      </div>
      <Acts log={log} url={url} />
    </Card>
  );
}

function Acts({ log, url }: { log: DeliveryLog; url: string }) {
  const { deliveries } = useTexts();
  const texts = deliveries.detail;
  const { can } = useViewer();
  const api = useApi();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const [isCancelling, setCancelling] = useState(false);
  const path = { delivery: log.id };
  const renew = () => queries.invalidateQueries({ queryKey: ['delivery', log.id] });
  const retry = useSubmission(
    () => dataOf(api.POST('/v1/deliveries/{delivery}/retry', { params: { path } })),
    () => {
      announce(texts.retryAsked);
      void renew();
    },
  );
  const cancel = useSubmission(
    () => dataOf(api.POST('/v1/deliveries/{delivery}/cancel', { params: { path } })),
    () => {
      setCancelling(false);
      announce(texts.cancelled);
      void renew();
    },
  );
  const enable = useEnabling(
    { tenant: log.tenant_id, endpoint: log.endpoint_id, enabled: true },
    () => void renew(),
  );
  const acts = actsOf(log, can);
  useShortcut('r', retry.submit, acts.retry);
  const isMain = log.status === 'failed' || log.status === 'retrying';
  const problem = retry.problem ?? enable.problem;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {/* What enabling helps, the next step above says. */}
      {acts.obstacle !== null && acts.obstacle !== 'enable' && <p>{texts.obstacles[acts.obstacle]}</p>}
      <div className="row">
        {acts.enable && (
          <Button look="primary" isBusy={enable.isBusy} onClick={enable.submit}>
            {texts.enable}
          </Button>
        )}
        {acts.retry && (
          <Button
            look={isMain ? 'primary' : 'plain'}
            icon="send"
            isBusy={retry.isBusy}
            onClick={retry.submit}
          >
            {texts.retry}
          </Button>
        )}
        {acts.cancel && (
          <Button look="danger" onClick={() => setCancelling(true)}>
            {texts.cancel}
          </Button>
        )}
        <CurlActions id={log.id} />
      </div>
      {isCancelling && (
        <ConfirmDialog
          title={texts.cancel}
          look="danger"
          submission={cancel}
          onClose={() => setCancelling(false)}
        >
          <p className="break">{texts.cancelAsks(url)}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
