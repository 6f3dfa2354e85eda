/** Sending an event by hand: its type from the catalogue, its data with the example filled in, and then to whom it goes. */
import { dataOf, type Schemas, TidingsError } from '@tidings/client';
import { useEffect, useId, useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useProfile, useTenant } from '../../context/tenant.tsx';
import { Button, LinkButton } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import fieldStyles from '../../parts/field.module.css';
import { Field, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { formatJson } from '../../parts/machine-text.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Notice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { useEventTypeList } from '../deliveries/endpoint-names.ts';
import { TypeDescription } from '../event-types/type-description.tsx';
import { exampleOf, useEvent } from './event-data.ts';
import styles from './events.module.css';
import { JsonEditor, type Refusal } from './json-editor.tsx';
import { Sent } from './sent.tsx';

const OTHER = ' other';
const NO_REFUSALS: readonly Refusal[] = [];

/** A key that nobody else has. `randomUUID` is missing where the page came without TLS. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** What is typed into the composer, and the means to change it. */
function useDraft() {
  const api = useApi();
  const tenant = useTenant();
  const [search] = useSearchParams();
  const copied = search.get('copy');
  const [type, setType] = useState(search.get('event_type') ?? '');
  const [data, setData] = useState('');
  const [key, setKey] = useState(newKey);
  /** what was filled in, which may be replaced without asking */
  const filledIn = useRef('');
  const original = useEvent(tenant.id, copied ?? '', copied !== null);

  const fill = (text: string) => {
    filledIn.current = text;
    setData(text);
  };
  const fillExample = async (of: string) => {
    const example = await exampleOf(api, tenant.id, of).catch(() => null);
    if (example !== null) fill(formatJson(example) ?? example);
  };
  const choose = (next: string) => {
    setType(next);
    if (next !== '' && (data.trim() === '' || data === filledIn.current)) void fillExample(next);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page is opened with a type or an event in its address
  useEffect(() => {
    if (copied === null && type !== '') void fillExample(type);
  }, []);
  const loaded = original.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the copied event is there
  useEffect(() => {
    if (loaded?.dataText == null || data !== '') return;
    setType(loaded.event.type);
    fill(formatJson(loaded.dataText) ?? loaded.dataText);
  }, [loaded]);
  return { type, choose, setType, data, setData, key, setKey, fillExample, copied, problem: original.error };
}

export function SendEvent() {
  const { common, events } = useTexts();
  const texts = events.compose;
  const api = useApi();
  const tenant = useTenant();
  const announce = useAnnounce();
  const draft = useDraft();
  const { data: types = [] } = useEventTypeList(tenant.id);
  const [sent, setSent] = useState<Schemas['AcceptedEvent'] | null>(null);
  const [refusedText, setRefusedText] = useState<string | null>(null);
  const submission = useSubmission(
    async () => {
      setRefusedText(draft.data);
      return dataOf(
        api.POST('/v1/tenants/{tenant}/events', {
          params: {
            path: { tenant: tenant.id },
            header: draft.key === '' ? {} : { 'idempotency-key': draft.key },
          },
          headers: { 'content-type': 'application/json' },
          body: { type: draft.type, data: null },
          // The data goes out as it stands in the editor: parsed and written again it might be other numbers.
          bodySerializer: ({ type }) =>
            `{"type":${JSON.stringify(type)},"data":${draft.data.trim() || 'null'}}`,
        }),
      );
    },
    (accepted) => {
      announce(texts.sent(accepted.deliveries.length));
      setSent(accepted);
      draft.setKey(newKey());
    },
  );
  const { problem } = submission;
  const fields = problem instanceof TidingsError ? problem.fields : [];
  const isSame = refusedText === draft.data;
  const refusals = isSame
    ? fields
        .filter(({ path }) => path === 'data' || path.startsWith('data.'))
        .map(({ path, message }) => ({ path: path.slice('data.'.length), message }))
    : NO_REFUSALS;
  const chosen = types.find(({ name }) => name === draft.type);
  return (
    <Page title={events.send} above={<Link href="/events">{events.detail.back}</Link>}>
      {draft.copied !== null && (
        <Notice>
          <p>{draft.problem ? draft.problem.message : texts.copied(draft.copied)}</p>
        </Notice>
      )}
      <div className={styles.composer}>
        <Form submission={submission} paths={['type', 'data', 'idempotency-key']} label={events.send}>
          <TypeField draft={draft} types={types} />
          <JsonEditor
            label={texts.data}
            value={draft.data}
            onValue={draft.setData}
            refusals={refusals}
            actions={
              chosen && (
                <Button look="quiet" onClick={() => void draft.fillExample(chosen.name)}>
                  {texts.example}
                </Button>
              )
            }
          />
          <TextField
            label={texts.key}
            path="idempotency-key"
            hint={texts.keyHint}
            isOptional
            value={draft.key}
            onValue={draft.setKey}
          />
          <div className="row">
            <Button look="primary" icon="send" type="submit" isBusy={submission.isBusy}>
              {texts.submit}
            </Button>
            <LinkButton href="/events">{common.cancel}</LinkButton>
          </div>
        </Form>
        <div className={styles.about}>
          {sent && <Sent event={sent} />}
          {chosen && <About type={chosen} />}
        </div>
      </div>
    </Page>
  );
}

function About({ type }: { type: Schemas['EventType'] }) {
  const { events } = useTexts();
  return (
    <Card title={type.name}>
      {type.description && (
        <p className="break">
          <TypeDescription type={type} />
        </p>
      )}
      <details>
        <summary>{events.compose.schema}</summary>
        <Code text={JSON.stringify(type.schema, null, 2)} label={events.compose.schema} isJson />
      </details>
    </Card>
  );
}

function TypeField({
  draft,
  types,
}: {
  draft: ReturnType<typeof useDraft>;
  types: readonly Schemas['EventType'][];
}) {
  const { events } = useTexts();
  const texts = events.compose;
  const { data: profile } = useProfile();
  const id = useId();
  const isKnown = types.some(({ name }) => name === draft.type);
  const [isOther, setOther] = useState(false);
  const isOtherShown = (isOther || (draft.type !== '' && !isKnown)) && types.length > 0;
  const mayBeOther = (profile as { event_types?: { unknown_allowed?: boolean } } | undefined)?.event_types
    ?.unknown_allowed;
  const groups = [
    [texts.ofContract, types.filter(({ origin }) => origin === 'profile')],
    [texts.own, types.filter(({ origin }) => origin === 'tenant')],
  ] as const;
  return (
    <>
      <Field label={texts.type} path={isOtherShown ? '' : 'type'}>
        {(wiring) => (
          <select
            {...wiring}
            className={fieldStyles.input}
            value={isOtherShown ? OTHER : draft.type}
            onChange={({ target }) => {
              setOther(target.value === OTHER);
              if (target.value === OTHER) draft.setType('');
              else draft.choose(target.value);
            }}
          >
            <option value="">{texts.choose}</option>
            {groups.map(
              ([name, members]) =>
                members.length > 0 && (
                  <optgroup key={name} label={name}>
                    {members.map((type) => (
                      <option key={type.name} value={type.name}>
                        {type.name}
                      </option>
                    ))}
                  </optgroup>
                ),
            )}
            {(mayBeOther || isOtherShown) && <option value={OTHER}>{texts.other}</option>}
          </select>
        )}
      </Field>
      {isOtherShown && (
        <TextField
          id={id}
          label={texts.otherName}
          path="type"
          hint={texts.otherHint}
          value={draft.type}
          onValue={draft.setType}
        />
      )}
    </>
  );
}
