/** Everything that can be done with an endpoint beside changing its settings. */
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
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
import type { Test } from './use-test.ts';

type Props = {
  endpoint: Endpoint;
  profile: Profile;
  test: Test;
  onSecret(secret: ShownSecret): void;
  onOperation(id: string): void;
  onChanged(endpoint: Endpoint): void;
};
type Opened = 'disable' | 'recover' | 'replay' | 'rotate' | 'delete' | null;

export function EndpointActions({ endpoint, profile, test, onSecret, onOperation, onChanged }: Props) {
  const { endpoints: texts } = useTexts();
  const { can } = useViewer();
  const [opened, setOpened] = useState<Opened>(null);
  const [offer, setOffer] = useState<Endpoint['recover'] | null>(null);
  const { id: tenant } = useTenant();
  const enable = useEnabling({ tenant, endpoint: endpoint.id, enabled: true }, (changed) => {
    setOffer(changed.recover ?? null);
    onChanged(changed);
  });
  const reveal = useReveal(endpoint, onSecret);
  const close = () => setOpened(null);
  const acts = endpointActs(endpoint, profile.secret.rule !== 'never', can);
  const recover = acts.has('recover') && (
    <Button onClick={() => setOpened('recover')}>{texts.recover}</Button>
  );
  const missed = offer?.missed ?? 0;
  return (
    <>
      <div className={styles.tools}>
        {acts.has('test') && <SendTest test={test} profile={profile} />}
        {acts.has('disable') && <Button onClick={() => setOpened('disable')}>{texts.disable}</Button>}
        {acts.has('enable') && (
          <Button look="primary" isBusy={enable.isBusy} onClick={enable.submit}>
            {texts.enable}
          </Button>
        )}
        {missed === 0 && recover}
        {acts.has('replay') && <Button onClick={() => setOpened('replay')}>{texts.replay}</Button>}
        {acts.has('rotate') && (
          <>
            <Button onClick={() => setOpened('rotate')}>{texts.rotate}</Button>
            <Button isBusy={reveal.isBusy} onClick={reveal.submit}>
              {texts.reveal}
            </Button>
          </>
        )}
        {acts.has('delete') && (
          <Button look="danger" onClick={() => setOpened('delete')}>
            {texts.delete}
          </Button>
        )}
      </div>
      {[enable, reveal].map(
        // biome-ignore lint/suspicious/noArrayIndexKey: there are always these two
        ({ problem }, at) => problem && <ProblemNotice key={at} problem={problem} />,
      )}
      {missed > 0 && (
        <Notice tone="warn">
          <p>{texts.missed(missed, offer?.at_least === true)}</p>
          <div>{recover}</div>
        </Notice>
      )}
      {endpoint.problem !== undefined && (
        <Notice tone="bad">
          <p>{texts.unreadableNotice}</p>
        </Notice>
      )}
      {!endpoint.enabled && (
        <Notice tone="warn">
          <p>{texts.disabledNotice[endpoint.disabled_reason ?? 'manual']}</p>
        </Notice>
      )}
      {opened === 'disable' && <DisableDialog {...{ endpoint, onChanged }} onClose={close} />}
      {opened === 'delete' && <DeleteDialog endpoint={endpoint} onClose={close} />}
      {opened === 'rotate' && <RotateDialog {...{ endpoint, profile, onSecret }} onClose={close} />}
      {(opened === 'recover' || opened === 'replay') && (
        <SendAgainDialog
          kind={opened}
          endpoint={endpoint}
          since={offer?.since ?? null}
          onClose={close}
          onStarted={(id) => {
            setOffer(null);
            close();
            onOperation(id);
          }}
        />
      )}
    </>
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
      <Button look="primary" icon="send" isBusy={test.isBusy} onClick={() => test.send(type)}>
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
