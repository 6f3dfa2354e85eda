/** The form of an event type of the tenant's own: a new one, or one that is changed. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, TidingsError } from '@tidings/client';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button, LinkButton } from '../../parts/button.tsx';
import { TextArea, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Empty, Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './event-types.module.css';
import { SchemaTable } from './schema-table.tsx';
import { useEventType } from './use-event-types.ts';

type Values = { name: string; description: string; schema: string; example: string };

const NEW: Values = {
  name: '',
  description: '',
  schema: JSON.stringify(
    { type: 'object', required: ['id'], properties: { id: { type: 'string', description: '' } } },
    null,
    2,
  ),
  example: JSON.stringify({ id: '' }, null, 2),
};

/** @param name `null`: a new one */
export function EditEventType({ name }: { name: string | null }) {
  const { shell, eventTypes: texts } = useTexts();
  const { can } = useViewer();
  const { data: type, error, refetch } = useEventType(name);
  const isKnown = name === null || type !== undefined;
  return (
    <Page
      title={name === null ? texts.new : texts.editing(name)}
      above={<Link href="/event-types">{shell.eventTypes}</Link>}
    >
      {!can('manage') ? (
        <Empty title={shell.forbidden}>{shell.forbiddenHint}</Empty>
      ) : isKnown ? (
        <EventTypeForm
          name={name}
          before={
            type === undefined
              ? NEW
              : {
                  name: type.name,
                  description: type.description,
                  schema: JSON.stringify(type.schema, null, 2),
                  example: JSON.stringify(type.example, null, 2),
                }
          }
        />
      ) : error ? (
        <ProblemNotice problem={error} onRetry={refetch} />
      ) : (
        <Loading rows={6} />
      )}
    </Page>
  );
}

function EventTypeForm({ name, before: given }: { name: string | null; before: Values }) {
  const { eventTypes: texts, common } = useTexts();
  // What is loaded anew meanwhile does not change what somebody types.
  const [before] = useState(given);
  const [values, setValues] = useState(before);
  const put = (change: Partial<Values>) => setValues((now) => ({ ...now, ...change }));
  const save = useSave(name, values, before);
  return (
    <div>
      <Form
        isAlone
        submission={save}
        paths={['name', 'description', 'schema', 'example']}
        label={name === null ? texts.new : texts.edit}
      >
        {name === null && (
          <TextField
            label={texts.name}
            path="name"
            autoFocus
            hint={texts.nameHint}
            value={values.name}
            onValue={(next) => put({ name: next })}
          />
        )}
        <TextField
          label={texts.description}
          path="description"
          isOptional
          hint={texts.descriptionHint}
          value={values.description}
          onValue={(description) => put({ description })}
        />
        <TextArea
          label={texts.schema}
          path="schema"
          rows={12}
          hint={texts.schemaHint}
          value={values.schema}
          onValue={(schema) => put({ schema })}
        />
        <TextArea
          label={texts.example}
          path="example"
          rows={8}
          hint={texts.exampleHint}
          value={values.example}
          onValue={(example) => put({ example })}
        />
        <div className="row">
          <Button type="submit" look="primary" isBusy={save.isBusy}>
            {name === null ? texts.create : common.save}
          </Button>
          <LinkButton href={name === null ? '/event-types' : `/event-types/${encodeURIComponent(name)}`}>
            {common.cancel}
          </LinkButton>
        </div>
      </Form>
      <Preview schema={values.schema} />
    </div>
  );
}

/** The schema as readers of the catalogue will see it, while it is written. */
function Preview({ schema }: { schema: string }) {
  const { eventTypes: texts } = useTexts();
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  return (
    <div className={styles.preview}>
      <Card title={texts.preview}>
        <SchemaTable schema={parsed as Record<string, unknown>} />
      </Card>
    </div>
  );
}

function useSave(name: string | null, values: Values, before: Values) {
  const { eventTypes: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const { id: tenant } = useTenant();
  /** The JSON goes out as it was typed, so that no number in it is changed. */
  const raw = (path: 'schema' | 'example') => {
    const problem = jsonProblem(values[path]);
    if (problem === null) return values[path];
    const message = texts.notJson(problem);
    throw new TidingsError(message, { status: 422, code: 'validation_failed', fields: [{ path, message }] });
  };
  return useSubmission(
    async () => {
      const said = {
        ...(name === null && { name: JSON.stringify(values.name.trim()) }),
        ...((name === null || values.description !== before.description) && {
          description: JSON.stringify(values.description.trim()),
        }),
        ...((name === null || values.schema !== before.schema) && { schema: raw('schema') }),
        ...((name === null || values.example !== before.example) && { example: raw('example') }),
      };
      const text = `{${Object.entries(said).map(([field, json]) => `"${field}":${json}`)}}`;
      const options = { body: {} as never, bodySerializer: () => text };
      return name === null
        ? dataOf(api.POST('/v1/tenants/{tenant}/event-types', { params: { path: { tenant } }, ...options }))
        : dataOf(
            api.PATCH('/v1/tenants/{tenant}/event-types/{type}', {
              params: { path: { tenant, type: name } },
              ...options,
            }),
          );
    },
    (saved) => {
      announce(texts.saved(saved.name));
      void queries.invalidateQueries({ queryKey: ['event-types', tenant] });
      navigate(`/event-types/${encodeURIComponent(saved.name)}`);
    },
  );
}

function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
