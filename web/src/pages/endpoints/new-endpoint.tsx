/** The form of a new endpoint, as the tenant's contract has it. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useProfile, useTenant } from '../../context/tenant.tsx';
import { Button, LinkButton } from '../../parts/button.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { ENDPOINT_PATHS, EndpointFields } from './endpoint-fields.tsx';
import styles from './endpoint-form.module.css';
import { createBody, type EndpointValues, newValues, type Profile } from './endpoint-values.ts';
import { keepFresh } from './fresh.ts';
import { useCheckedValues } from './use-checked-values.ts';

export function NewEndpoint(_: object) {
  const { shell, endpoints: texts } = useTexts();
  const { can } = useViewer();
  const { data: profile, error, refetch } = useProfile();
  return (
    <Page title={texts.new} above={<Link href="/endpoints">{shell.endpoints}</Link>}>
      {!can('endpoints') ? (
        <Empty title={shell.forbidden} action={<LinkButton href="/endpoints">{shell.endpoints}</LinkButton>}>
          {shell.forbiddenHint}
        </Empty>
      ) : profile !== undefined ? (
        <NewEndpointForm profile={profile} />
      ) : error ? (
        <ProblemNotice problem={error} onRetry={refetch} />
      ) : (
        <Loading rows={6} />
      )}
    </Page>
  );
}

function NewEndpointForm({ profile }: { profile: Profile }) {
  const { common, endpoints: texts } = useTexts();
  const { can } = useViewer();
  const [values, setValues] = useState<EndpointValues>(() => newValues(profile));
  const { create, isTested } = useCreate(values, profile);
  const isTestedFirst = can('send_test');
  return (
    <Form isAlone submission={create} paths={ENDPOINT_PATHS} label={texts.new}>
      <Room profile={profile} />
      <EndpointFields
        profile={profile}
        values={values}
        onValues={(change) => setValues((now) => ({ ...now, ...change }))}
      />
      <div className={styles.actions}>
        {isTestedFirst && (
          <Button
            type="submit"
            look="primary"
            isBusy={create.isBusy}
            onClick={() => {
              isTested.current = true;
            }}
          >
            {texts.saveAndTest}
          </Button>
        )}
        <Button
          type="submit"
          look={isTestedFirst ? 'plain' : 'primary'}
          isBusy={create.isBusy}
          onClick={() => {
            isTested.current = false;
          }}
        >
          {texts.create}
        </Button>
        <LinkButton href="/endpoints">{common.cancel}</LinkButton>
      </div>
    </Form>
  );
}

/** Creates it, and goes to its page with what is shown once. */
function useCreate(values: EndpointValues, profile: Profile) {
  const api = useApi();
  const tenant = useTenant();
  const [, navigate] = useLocation();
  const isTested = useRef(false);
  const path = { tenant: tenant.id };
  const check = useCheckedValues();
  const test = (endpoint: string): Promise<Schemas['Delivery']> =>
    dataOf(
      api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/test', {
        params: { path: { ...path, endpoint } },
        body: {},
      }),
    );
  const create = useSubmission(
    async () => {
      check(values);
      const body = createBody(values, profile);
      return dataOf(api.POST('/v1/tenants/{tenant}/endpoints', { params: { path }, body }));
    },
    ({ id, secret }) => {
      const started = isTested.current ? test(id) : null;
      // Whoever shows it says what went wrong.
      started?.catch(() => {});
      keepFresh(id, { secret: secret ?? null, test: started });
      navigate(`/endpoints/${id}`);
    },
  );
  return { create, isTested };
}

/** How many endpoints the contract allows, and how many there are. */
function Room({ profile }: { profile: Profile }) {
  const { endpoints: texts } = useTexts();
  const api = useApi();
  const tenant = useTenant();
  const { data } = useQuery({
    queryKey: ['endpoints', tenant.id, 'count'],
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints', {
          params: { path: { tenant: tenant.id }, query: { limit: 200 } },
        }),
      ),
  });
  const count = data?.items.length ?? 0;
  const said = texts.room(profile.title, profile.max_endpoints, count);
  if (count < profile.max_endpoints) return <p className="muted">{said}</p>;
  return (
    <Notice tone="warn">
      <p>{said}</p>
      <p>{texts.full}</p>
    </Notice>
  );
}
