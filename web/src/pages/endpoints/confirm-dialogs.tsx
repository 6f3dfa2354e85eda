/** The questions before an endpoint is disabled or deleted: what becomes of what waits for it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { ConfirmDialog, Dialog, FormActions } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Endpoint } from './endpoint-values.ts';
import { useEnabling } from './use-enabling.ts';

const WAITING = ['pending', 'delivering', 'retrying', 'held'] as const;

export function useStats(endpoint: Endpoint) {
  const api = useApi();
  const { id: tenant } = useTenant();
  return useQuery({
    queryKey: ['endpoint-stats', tenant, endpoint.id],
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints/{endpoint}/stats', {
          params: { path: { tenant, endpoint: endpoint.id } },
        }),
      ),
  });
}

/** How many deliveries wait for it, in words. */
function Waiting({ endpoint, say }: { endpoint: Endpoint; say: (count: number) => string }) {
  const { common } = useTexts();
  const { data } = useStats(endpoint);
  if (data === undefined) return <p className="muted">{common.loading}</p>;
  return <p>{say(WAITING.reduce((sum, status) => sum + (data.by_status[status] ?? 0), 0))}</p>;
}

export function DisableDialog({
  endpoint,
  onChanged,
  onClose,
}: {
  endpoint: Endpoint;
  onChanged(endpoint: Endpoint): void;
  onClose: () => void;
}) {
  const { id: tenant } = useTenant();
  const { endpoints: texts } = useTexts();
  const [note, setNote] = useState('');
  const submission = useEnabling({ tenant, endpoint: endpoint.id, enabled: false, note }, (changed) => {
    onChanged(changed);
    onClose();
  });
  return (
    <Dialog title={texts.disableTitle} onClose={onClose}>
      <Form submission={submission} paths={['disabled_note']}>
        <p>{texts.disableWhat}</p>
        <Waiting endpoint={endpoint} say={texts.disableWaiting} />
        <TextField
          label={texts.disableNote}
          path="disabled_note"
          isOptional
          hint={texts.disableNoteHint}
          spellCheck
          value={note}
          onValue={setNote}
        />
        <FormActions submission={submission} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

export function DeleteDialog({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const { id: tenant } = useTenant();
  const { endpoints: texts } = useTexts();
  const submission = useSubmission(
    () =>
      dataOf(
        api.DELETE('/v1/tenants/{tenant}/endpoints/{endpoint}', {
          params: { path: { tenant, endpoint: endpoint.id } },
        }),
      ),
    () => {
      announce(texts.deletedNow);
      navigate('/endpoints');
      queries.removeQueries({ queryKey: ['endpoint', endpoint.id] });
      void queries.invalidateQueries({ queryKey: ['endpoints'] });
    },
  );
  return (
    <ConfirmDialog title={texts.deleteTitle} submission={submission} onClose={onClose} look="danger">
      <p className="break">
        <b>{endpoint.description ?? endpoint.url}</b>
      </p>
      <p>{texts.deleteWhat}</p>
      <Waiting endpoint={endpoint} say={texts.deleteWaiting} />
    </ConfirmDialog>
  );
}
