/** Enables or disables an endpoint, and says so. */
import { dataOf, type Schemas } from '@tidings/client';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { type Submission, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';

/** @param endpoint its id. @param note why it is disabled, in the viewer's words; empty: nothing is said */
export function useEnabling(
  {
    tenant,
    endpoint,
    enabled,
    note = '',
  }: { tenant: string; endpoint: string; enabled: boolean; note?: string },
  onDone: (changed: Schemas['Endpoint']) => void,
): Submission {
  const api = useApi();
  const announce = useAnnounce();
  const { endpoints: texts } = useTexts();
  return useSubmission(
    () =>
      dataOf(
        api.PATCH('/v1/tenants/{tenant}/endpoints/{endpoint}', {
          params: { path: { tenant, endpoint } },
          body: { enabled, ...(note.trim() !== '' && { disabled_note: note.trim() }) },
        }),
      ),
    (changed) => {
      announce(enabled ? texts.enabledNow : texts.disabledNow);
      onDone(changed);
    },
  );
}
