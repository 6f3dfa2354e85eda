/** The public key of an endpoint whose signatures are made with a private one. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import type { Endpoint, Profile } from './endpoint-values.ts';

/** `null`: it has none; `undefined`: not known yet. */
export function usePublicKey(endpoint: Endpoint, profile: Profile): string | null | undefined {
  const api = useApi();
  const { id: tenant } = useTenant();
  const kind = profile.signatures.find(({ secret_kind: each }) => each === endpoint.secret_kind);
  const isPublic = endpoint.is_signed && kind?.algorithm === 'ed25519';
  const { data } = useQuery({
    // A rotation makes another one.
    queryKey: ['endpoint', endpoint.id, 'public-key'],
    enabled: isPublic,
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints/{endpoint}/public-key', {
          params: { path: { tenant, endpoint: endpoint.id } },
        }),
      ),
  });
  return isPublic ? data?.public_key : null;
}
