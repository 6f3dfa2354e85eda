/** Recover and replay: what would be sent again, counted before it is done. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, TidingsError } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Dialog, FormActions } from '../../parts/dialog.tsx';
import { Checkbox, Select, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Notice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { SAMPLE, Sample } from '../deliveries/sample.tsx';
import { useTypeNames } from '../deliveries/type-names.ts';
import type { Endpoint } from './endpoint-values.ts';
import { isoOf, localOf } from './local-time.ts';

type Kind = 'recover' | 'replay';
type Window = { since: string; until: string; eventType: string; isOnlyMissing: boolean };

const DAY_MS = 86_400_000;
const PATHS = ['since', 'until', 'event_types', 'only_missing'];

/** @param since where what was missed begins, if that is known */
export function SendAgainDialog({
  kind,
  endpoint,
  since,
  onClose,
  onStarted,
}: {
  kind: Kind;
  endpoint: Endpoint;
  since: string | null;
  onClose: () => void;
  onStarted(operation: string): void;
}) {
  const { sendAgain: texts, common } = useTexts();
  const announce = useAnnounce();
  const types = useTypeNames(useTenant().id);
  const [window, setWindow] = useState<Window>(() => ({
    since: localOf(since ?? endpoint.failing_since ?? new Date(Date.now() - DAY_MS)),
    until: '',
    eventType: '',
    isOnlyMissing: true,
  }));
  const put = (change: Partial<Window>) => setWindow((now) => ({ ...now, ...change }));
  const ask = useSendAgain(kind, endpoint);
  const dryRun = useQuery({
    queryKey: ['dry-run', kind, endpoint.id, window],
    queryFn: () => ask(window, true),
    retry: false,
    placeholderData: (before) => before,
  });
  const submission = useSubmission(
    () => ask(window, false),
    (started) => {
      announce(texts.started(started.matched));
      if ('id' in started) onStarted(started.id);
    },
  );
  const refused = submission.problem ?? dryRun.error;
  return (
    <Dialog title={texts.titles[kind]} onClose={onClose}>
      <Form submission={{ ...submission, problem: refused }} paths={PATHS}>
        <p>{texts.what[kind]}</p>
        <TextField
          label={texts.since}
          path="since"
          type="datetime-local"
          step="1"
          value={window.since}
          onValue={(next) => put({ since: next })}
        />
        <TextField
          label={texts.until}
          path="until"
          type="datetime-local"
          step="1"
          isOptional
          value={window.until}
          onValue={(until) => put({ until })}
        />
        {kind === 'replay' && (
          <>
            <Select
              label={texts.eventType}
              path="event_types"
              choices={[
                { value: '', label: texts.allTypes },
                ...types.map((name) => ({ value: name, label: name })),
              ]}
              value={window.eventType}
              onValue={(eventType) => put({ eventType })}
            />
            <Checkbox
              label={texts.onlyMissing}
              hint={texts.onlyMissingHint}
              checked={window.isOnlyMissing}
              onChecked={(isOnlyMissing) => put({ isOnlyMissing })}
            />
            {!window.isOnlyMissing && (
              <Notice tone="warn">
                <p>{texts.twice}</p>
              </Notice>
            )}
          </>
        )}
        <p aria-live="polite">
          <strong>
            {dryRun.data !== undefined && 'among' in dryRun.data && !dryRun.error
              ? texts.dryRun(dryRun.data)
              : !dryRun.error && common.loading}
          </strong>
        </p>
        {dryRun.data !== undefined && 'among' in dryRun.data && !dryRun.error && <Sample of={dryRun.data} />}
        <FormActions submission={submission} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

/** Asks for it, or only for its count. */
function useSendAgain(kind: Kind, endpoint: Endpoint) {
  const api = useApi();
  const { id: tenant } = useTenant();
  const { sendAgain: texts } = useTexts();
  const params = { path: { tenant, endpoint: endpoint.id } };
  return async ({ since, until, eventType, isOnlyMissing }: Window, isDryRun: boolean) => {
    if (since === '') throw refusal('since', texts.sinceMissing);
    const body = {
      since: isoOf(since),
      ...(until !== '' && { until: isoOf(until) }),
      dry_run: isDryRun,
      sample: SAMPLE,
    };
    if (kind === 'recover')
      return dataOf(api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/recover', { params, body }));
    return dataOf(
      api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/replay', {
        params,
        body: {
          ...body,
          only_missing: isOnlyMissing,
          ...(eventType !== '' && { event_types: [eventType] }),
        },
      }),
    );
  };
}

const refusal = (path: string, message: string) =>
  new TidingsError(message, { status: 422, code: 'validation_failed', fields: [{ path, message }] });
