/** The form of a tenant's name, external id, and the times that hold for it. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';

const DAY_S = 86_400;

/** What was typed as a number, or as it was typed, so that the API says what is wrong with it. */
function numberIn(text: string, factor: number): number | null {
  const value = text.trim().replace(',', '.');
  if (value === '') return null;
  const number = Math.round(Number(value) * factor);
  return Number.isFinite(number) ? number : (value as unknown as number);
}
const shown = (value: number | null, factor: number) =>
  value === null ? '' : String(Math.round((value / factor) * 1_000) / 1_000);

export function TenantForm() {
  const { common, settings: texts } = useTexts();
  const api = useApi();
  const { can } = useViewer();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const tenant = useTenant();
  const [name, setName] = useState(tenant.name);
  const [externalId, setExternalId] = useState(tenant.external_id ?? '');
  const [disableAfter, setDisableAfter] = useState(shown(tenant.disable_after_s, DAY_S));
  const [retention, setRetention] = useState(shown(tenant.payload_retention_days, 1));
  const submission = useSubmission(
    () => {
      const disableAfterS = numberIn(disableAfter, DAY_S);
      const days = numberIn(retention, 1);
      const external = externalId.trim() === '' ? null : externalId.trim();
      // Only what was changed: others may have changed the rest meanwhile.
      const body = {
        ...(name.trim() !== tenant.name && { name: name.trim() }),
        ...(disableAfterS !== tenant.disable_after_s && { disable_after_s: disableAfterS }),
        ...(days !== tenant.payload_retention_days && { payload_retention_days: days }),
        ...(can('admin') && external !== tenant.external_id && { external_id: external }),
      };
      if (Object.keys(body).length === 0) return Promise.resolve(tenant);
      return dataOf(api.PATCH('/v1/tenants/{tenant}', { params: { path: { tenant: tenant.id } }, body }));
    },
    () => {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => /^tenants?$/.test(String(queryKey[0])) });
      announce(texts.saved);
    },
  );
  return (
    <Card title={texts.tenant} isNarrow isRegion>
      <Form
        submission={submission}
        paths={['name', 'external_id', 'disable_after_s', 'payload_retention_days']}
      >
        <TextField label={texts.tenantName} path="name" value={name} onValue={setName} dir="auto" />
        {can('admin') && (
          <TextField
            label={texts.externalId}
            path="external_id"
            hint={texts.externalIdHint}
            isOptional
            value={externalId}
            onValue={setExternalId}
          />
        )}
        <TextField
          label={texts.disableAfter}
          path="disable_after_s"
          hint={texts.disableAfterHint}
          isOptional
          inputMode="decimal"
          value={disableAfter}
          onValue={setDisableAfter}
        />
        <TextField
          label={texts.retention}
          path="payload_retention_days"
          hint={texts.retentionHint}
          isOptional
          inputMode="numeric"
          value={retention}
          onValue={setRetention}
        />
        <div>
          <Button look="primary" type="submit" isBusy={submission.isBusy}>
            {common.save}
          </Button>
        </div>
      </Form>
    </Card>
  );
}
