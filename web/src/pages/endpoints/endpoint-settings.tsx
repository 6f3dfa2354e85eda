/** The settings of an endpoint: the form of a new one, of which only what was changed is sent. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyText } from '../../parts/copy.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Facts } from '../../parts/page.tsx';
import { ErrorText } from '../../parts/said.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { ENDPOINT_PATHS, EndpointFields } from './endpoint-fields.tsx';
import styles from './endpoint-form.module.css';
import { changesIn, type Endpoint, type EndpointValues, type Profile, valuesOf } from './endpoint-values.ts';
import { useCheckedValues } from './use-checked-values.ts';
import { usePublicKey } from './use-public-key.ts';

/** Stands in the API for each value of a query that is not shown. */
const MASK = '••••';

export function EndpointSettings({ endpoint, profile }: { endpoint: Endpoint; profile: Profile }) {
  const { endpoints: texts } = useTexts();
  const { can } = useViewer();
  return (
    <div className="stack">
      <Facts
        facts={[
          [texts.created, <ExactTime key="created" at={endpoint.created_at} />],
          [
            texts.updated,
            <Link key="updated" href={`/endpoints/${endpoint.id}/health#history`}>
              <ExactTime at={endpoint.updated_at} />
            </Link>,
          ],
        ]}
      />
      <PublicKey endpoint={endpoint} profile={profile} />
      {can('endpoints') ? (
        <SettingsForm key={endpoint.id} endpoint={endpoint} profile={profile} />
      ) : (
        <p className="muted">{texts.readOnly}</p>
      )}
    </div>
  );
}

function SettingsForm({ endpoint, profile }: { endpoint: Endpoint; profile: Profile }) {
  const { common, endpoints: texts } = useTexts();
  const api = useApi();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const { id: tenant } = useTenant();
  // What was typed stays, whatever changes elsewhere meanwhile; it is compared with what was there when typing began.
  const [before, setBefore] = useState<EndpointValues>(() => valuesOf(endpoint));
  const [values, setValues] = useState(before);
  const check = useCheckedValues();
  const changes = changesIn(values, before);
  const isChanged = Object.keys(changes).length > 0;
  const save = useSubmission(
    async () => {
      check(values);
      return dataOf(
        api.PATCH('/v1/tenants/{tenant}/endpoints/{endpoint}', {
          params: { path: { tenant, endpoint: endpoint.id } },
          body: changes,
        }),
      );
    },
    (saved) => {
      announce(texts.saved);
      queries.setQueryData(['endpoint', endpoint.id], saved);
      void queries.invalidateQueries({ queryKey: ['endpoints'] });
      setBefore(valuesOf(saved));
      setValues(valuesOf(saved));
    },
  );
  return (
    <Form isAlone submission={save} paths={ENDPOINT_PATHS} label={texts.tabs.settings}>
      <EndpointFields
        profile={profile}
        endpoint={endpoint}
        values={values}
        urlHint={
          values.url.includes(MASK) && (
            <WholeUrl
              endpoint={endpoint}
              onUrl={(url) => {
                setBefore((now) => ({ ...now, url }));
                setValues((now) => ({ ...now, url }));
              }}
            />
          )
        }
        onValues={(change) => setValues((now) => ({ ...now, ...change }))}
      />
      <div className={styles.actions}>
        <Button type="submit" look="primary" isBusy={save.isBusy} disabled={!isChanged}>
          {common.save}
        </Button>
        {isChanged && (
          <Button
            onClick={() => {
              setValues(before);
              save.reset();
            }}
          >
            {texts.discard}
          </Button>
        )}
      </div>
    </Form>
  );
}

/** Brings the whole URL into the form, where the values of its query are not shown. */
function WholeUrl({ endpoint, onUrl }: { endpoint: Endpoint; onUrl(url: string): void }) {
  const { endpointForm: texts } = useTexts();
  const { can } = useViewer();
  const api = useApi();
  const { id: tenant } = useTenant();
  const reveal = useSubmission(
    () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints/{endpoint}', {
          params: { path: { tenant, endpoint: endpoint.id }, query: { reveal: 'true' } },
        }),
      ),
    ({ url }) => onUrl(url),
  );
  return (
    <div className="row">
      <span>{texts.maskedUrl}</span>
      {can('secrets') && (
        <Button isBusy={reveal.isBusy} onClick={reveal.submit}>
          {texts.showUrl}
        </Button>
      )}
      {reveal.problem && (
        <span role="alert">
          <ErrorText error={reveal.problem} />
        </span>
      )}
    </div>
  );
}

/** The key with which receivers verify, where the signatures are made with a private one. */
function PublicKey({ endpoint, profile }: { endpoint: Endpoint; profile: Profile }) {
  const { endpoints: texts } = useTexts();
  const key = usePublicKey(endpoint, profile);
  if (key == null) return null;
  return (
    <p>
      {texts.publicKey} <CopyText text={key} label={texts.publicKey} />
    </p>
  );
}
