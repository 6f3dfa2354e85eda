/** Everything that can be done with an endpoint beside changing its settings. */
import { dataOf } from '@tidings/client';
import { type ReactNode, useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { visible } from '../../parts/machine-text.ts';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { unionOf } from '../deliveries/type-choices.ts';
import { useTypeNames } from '../deliveries/type-names.ts';
import { DeleteDialog, DisableDialog } from './confirm-dialogs.tsx';
import styles from './endpoint.module.css';
import { endpointActs } from './endpoint-acts.ts';
import type { Endpoint, Profile } from './endpoint-values.ts';
import { RotateDialog } from './rotate-dialog.tsx';
import type { ShownSecret } from './secret-panel.tsx';
import { SendAgainDialog } from './send-again-dialog.tsx';
import { useEnabling } from './use-enabling.ts';
import { type Recoverable, useRecoverable } from './use-recoverable.ts';
import type { Test } from './use-test.ts';

type Props = {
  endpoint: Endpoint;
  profile: Profile;
  test: Test;
  /** whether an operation of this endpoint is shown: then what it is about to send is not offered, too */
  isOperating: boolean;
  onSecret(secret: ShownSecret): void;
  onOperation(id: string): void;
  onChanged(endpoint: Endpoint): void;
};
type Opened = 'disable' | 'recover' | 'replay' | 'rotate' | 'delete' | null;

export function EndpointActions(props: Props) {
  const { endpoint, profile, test, isOperating, onSecret, onOperation, onChanged } = props;
  const { endpoints: texts } = useTexts();
  const { can } = useViewer();
  const [opened, setOpened] = useState<Opened>(null);
  const recoverable = useRecoverable(endpoint);
  const { id: tenant } = useTenant();
  const enable = useEnabling({ tenant, endpoint: endpoint.id, enabled: true }, (changed) => {
    onChanged(changed);
    recoverable.renew();
  });
  const reveal = useReveal(endpoint, onSecret);
  const close = () => setOpened(null);
  const acts = endpointActs(endpoint, profile.secret.rule !== 'never', can);
  const recover = acts.has('recover') && (
    <Button onClick={() => setOpened('recover')}>{texts.recover}</Button>
  );
  // What fails now would fail once more.
  const isOffered =
    !isOperating && endpoint.failing_since === null && (recoverable.counted?.matched ?? 0) > 0;
  return (
    <>
      <div className={styles.tools}>
        <div className={styles.group}>
          {acts.has('test') && <SendTest test={test} profile={profile} />}
          {!isOffered && recover}
          {acts.has('replay') && <Button onClick={() => setOpened('replay')}>{texts.replay}</Button>}
        </div>
        <div className={styles.group}>
          {acts.has('disable') && <Button onClick={() => setOpened('disable')}>{texts.disable}</Button>}
          {acts.has('enable') && (
            <Button look="primary" isBusy={enable.isBusy} onClick={enable.submit}>
              {texts.enable}
            </Button>
          )}
          {acts.has('rotate') && (
            <>
              <Button onClick={() => setOpened('rotate')}>{texts.rotate}</Button>
              <Button isBusy={reveal.isBusy} onClick={reveal.submit}>
                {texts.reveal}
              </Button>
            </>
          )}
        </div>
        {acts.has('delete') && (
          <div className={styles.last}>
            <Button look="danger" onClick={() => setOpened('delete')}>
              {texts.delete}
            </Button>
          </div>
        )}
      </div>
      {acts.has('recover') && <small className="muted">{texts.actsHint}</small>}
      {[enable, reveal].map(
        // biome-ignore lint/suspicious/noArrayIndexKey: there are always these two
        ({ problem }, at) => problem && <ProblemNotice key={at} problem={problem} />,
      )}
      {isOffered && <Missed recoverable={recoverable} action={recover} />}
      {endpoint.problem !== undefined && (
        <Notice tone="bad">
          <p>{texts.unreadableNotice}</p>
        </Notice>
      )}
      {!endpoint.enabled && (
        <Notice tone="warn">
          <p>{texts.disabledNotice[endpoint.disabled_reason ?? 'manual']}</p>
          {endpoint.disabled_note !== null && (
            <p className="break">
              {texts.disabledNote} <q dir="auto">{visible(endpoint.disabled_note)}</q>
            </p>
          )}
        </Notice>
      )}
      {opened === 'disable' && <DisableDialog {...{ endpoint, onChanged }} onClose={close} />}
      {opened === 'delete' && <DeleteDialog endpoint={endpoint} onClose={close} />}
      {opened === 'rotate' && <RotateDialog {...{ endpoint, profile, onSecret }} onClose={close} />}
      {(opened === 'recover' || opened === 'replay') && (
        <SendAgainDialog
          kind={opened}
          endpoint={endpoint}
          since={opened === 'recover' ? recoverable.since : null}
          onClose={close}
          onStarted={(id) => {
            close();
            recoverable.renew();
            onOperation(id);
          }}
        />
      )}
    </>
  );
}

/** Says what the endpoint has not got, as long as that is so: until it is recovered, or somebody says that it need not be. */
function Missed({ recoverable, action }: { recoverable: Recoverable; action: ReactNode }) {
  const { endpoints: texts } = useTexts();
  const { counted, since, dismiss } = recoverable;
  if (counted === undefined) return null;
  return (
    <Notice tone="warn">
      <p>
        {texts.missed(counted.matched, counted.at_least === true)}
        {since !== null && (
          <>
            {' '}
            {texts.missedSince} <ExactTime at={since} />
          </>
        )}
      </p>
      <div className="row">
        {action}
        <Button look="quiet" onClick={dismiss}>
          {texts.dismissMissed}
        </Button>
      </div>
    </Notice>
  );
}

/** The test event with a choice of its type: the contract's own, unless another is chosen. */
function SendTest({ test, profile }: { test: Test; profile: Profile }) {
  const { endpoints: texts } = useTexts();
  const types = useTypeNames(useTenant().id);
  const [type, setType] = useState(profile.test_event.type);
  const names = unionOf([profile.test_event.type], types);
  return (
    <div className={styles.test}>
      <select aria-label={texts.eventType} value={type} onChange={(event) => setType(event.target.value)}>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <Button icon="send" isBusy={test.isBusy} onClick={() => test.send(type)}>
        {texts.sendTest}
      </Button>
    </div>
  );
}

function useReveal(endpoint: Endpoint, onSecret: (secret: ShownSecret) => void) {
  const api = useApi();
  const announce = useAnnounce();
  const { id: tenant } = useTenant();
  const { endpoints: texts } = useTexts();
  return useSubmission(
    () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints/{endpoint}/secret', {
          params: { path: { tenant, endpoint: endpoint.id } },
        }),
      ),
    ({ secret }) => {
      if (secret === null) announce(texts.noSecret);
      else onSecret({ kind: 'revealed', value: secret });
    },
  );
}
