/** Deleting a tenant, for which its name has to be typed. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';

export function DeleteTenant() {
  const { settings: texts } = useTexts();
  const api = useApi();
  const { id, name } = useTenant();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const [typed, setTyped] = useState('');
  const submission = useSubmission(
    async () => {
      if (typed.trim() !== name.trim()) throw new Error(texts.nameDiffers);
      await dataOf(api.DELETE('/v1/tenants/{tenant}', { params: { path: { tenant: id } } }));
    },
    () => {
      announce(texts.deleted(name));
      navigate('~/dashboard/tenants');
      void queries.invalidateQueries({ queryKey: ['tenants'] });
    },
  );
  return (
    <Card title={texts.danger} isNarrow isRegion>
      <p className="muted">{texts.dangerHint}</p>
      <div>
        <Button look="danger" onClick={() => setAsking(true)}>
          {texts.deleteTenant}
        </Button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={texts.deleteTitle(name)}
          submission={submission}
          onClose={() => setAsking(false)}
          look="danger"
        >
          <p>{texts.dangerHint}</p>
          <TextField label={texts.typeName} path="" value={typed} onValue={setTyped} dir="auto" />
        </ConfirmDialog>
      )}
    </Card>
  );
}
