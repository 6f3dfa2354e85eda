/** The question before a signing secret is replaced: how long the old one goes on signing. */
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Dialog, FormActions } from '../../parts/dialog.tsx';
import { Select, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Endpoint, Profile } from './endpoint-values.ts';
import { SecretForm } from './secret-form.tsx';
import type { ShownSecret } from './secret-panel.tsx';

const OVERLAPS_S = [0, 3_600, 86_400, 604_800] as const;
const DEFAULT_S = 86_400;

export function RotateDialog({
  endpoint,
  profile,
  onSecret,
  onClose,
}: {
  endpoint: Endpoint;
  profile: Profile;
  onSecret(secret: ShownSecret): void;
  onClose: () => void;
}) {
  const { endpoints: texts, endpointForm } = useTexts();
  const api = useApi();
  const announce = useAnnounce();
  const { id: tenant } = useTenant();
  const { overlaps, form } = profile.secret;
  const [overlapS, setOverlapS] = useState(String(overlaps ? DEFAULT_S : 0));
  const [own, setOwn] = useState('');
  const submission = useSubmission(
    () =>
      dataOf(
        api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/secret/rotate', {
          params: { path: { tenant, endpoint: endpoint.id } },
          body: {
            overlap_seconds: Number(overlapS),
            ...(own.trim() !== '' && { secret: own.trim() }),
          },
        }),
      ),
    ({ secret, previous_expires_at: expiresAt }) => {
      announce(texts.rotatedNow);
      onSecret({
        kind: 'rotated',
        value: secret,
        previousExpiresAt: overlapS === '0' ? null : expiresAt,
      });
      onClose();
    },
  );
  return (
    <Dialog title={texts.rotateTitle} onClose={onClose}>
      <Form submission={submission} paths={['overlap_seconds', 'secret']}>
        <p>{overlaps ? texts.rotateOverlaps : texts.rotateAtOnce}</p>
        {overlaps && (
          <Select
            label={texts.overlap}
            path="overlap_seconds"
            choices={OVERLAPS_S.map((seconds) => ({
              value: String(seconds),
              label: texts.overlaps[seconds],
            }))}
            value={overlapS}
            onValue={setOverlapS}
          />
        )}
        <TextField
          label={endpointForm.secret}
          path="secret"
          isOptional
          type="password"
          autoComplete="new-password"
          hint={
            <>
              {endpointForm.secretMade} {form && <SecretForm form={form} />}
            </>
          }
          value={own}
          onValue={setOwn}
        />
        <FormActions submission={submission} onClose={onClose} />
      </Form>
    </Dialog>
  );
}
