/** Enables or disables an endpoint, and says so. */
import { dataOf, type Schemas } from '@tidings/client';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { type Submission, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';

/** @param endpoint its id */
export function useEnabling(
  { tenant, endpoint, enabled }: { tenant: string; endpoint: string; enabled: boolean },
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
          body: { enabled },
        }),
      ),
    (changed) => {
      announce(enabled ? texts.enabledNow : texts.disabledNow);
      onDone(changed);
    },
  );
}
