/** The operator's own endpoint, which gets operational events. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas, TidingsError } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { EndpointState } from '../endpoints/endpoint-state.tsx';
import { ShownOnce } from './shown-once.tsx';

type Endpoint = Schemas['Endpoint'];

/** It is asked for when somebody wants to see it: few have one, and the answer for none is an error. */
export function OperatorEndpoint() {
  const { settings: texts } = useTexts();
  const [isShown, setShown] = useState(false);
  return (
    <Card title={texts.operatorEndpoint} isNarrow isRegion>
      <p className="muted">{texts.operatorEndpointHint}</p>
      {isShown ? (
        <Shown />
      ) : (
        <div>
          <Button aria-label={`${texts.show}: ${texts.operatorEndpoint}`} onClick={() => setShown(true)}>
            {texts.show}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Shown() {
  const api = useApi();
  const { data, error, refetch } = useQuery({
    queryKey: ['endpoint', 'operator'],
    queryFn: async (): Promise<Endpoint | null> => {
      try {
        return await dataOf(api.GET('/v1/operator/endpoint'));
      } catch (problem) {
        if (problem instanceof TidingsError && problem.status === 404) return null;
        throw problem;
      }
    },
  });
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={2} />;
  return <EndpointForm key={data?.id} endpoint={data} />;
}

function EndpointForm({ endpoint }: { endpoint: Endpoint | null }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [url, setUrl] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const changed = () => void queries.invalidateQueries({ queryKey: ['endpoint', 'operator'] });
  const submission = useSubmission(
    () => dataOf(api.PUT('/v1/operator/endpoint', { body: { url: url.trim() } })),
    (saved) => {
      setUrl('');
      setSecret(saved.secret ?? null);
      if (saved.secret === undefined) changed();
      announce(texts.saved);
    },
  );
  return (
    <>
      {endpoint === null ? (
        <p>{texts.noOperatorEndpoint}</p>
      ) : (
        <div className="spread">
          <code className="break">{endpoint.url}</code>
          <div>
            <EndpointState endpoint={endpoint} />
          </div>
          <RemoveEndpoint onRemoved={changed} />
        </div>
      )}
      {secret !== null && (
        <ShownOnce title={texts.newSecret} hint={texts.newKeyHint} value={secret} onDone={changed} />
      )}
      <Form submission={submission} paths={['url']}>
        <TextField label={texts.operatorUrl} path="url" inputMode="url" value={url} onValue={setUrl} />
        <div>
          <Button type="submit" isBusy={submission.isBusy}>
            {texts.save}
          </Button>
        </div>
      </Form>
    </>
  );
}

function RemoveEndpoint({ onRemoved }: { onRemoved: () => void }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const announce = useAnnounce();
  const [isAsking, setAsking] = useState(false);
  const submission = useSubmission(
    () => dataOf(api.DELETE('/v1/operator/endpoint')),
    () => {
      setAsking(false);
      onRemoved();
      announce(texts.saved);
    },
  );
  return (
    <>
      <Button look="small" onClick={() => setAsking(true)}>
        {texts.removeEndpoint}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={texts.removeEndpointTitle}
          submission={submission}
          onClose={() => setAsking(false)}
          look="danger"
        >
          <p>{texts.removeEndpointHint}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
