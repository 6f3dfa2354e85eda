/** The versions that run, and whether each part works. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from './api.tsx';

export function useServiceStatus() {
  const api = useApi();
  return useQuery({ queryKey: ['status'], queryFn: () => dataOf(api.GET('/v1/operator/status')) });
}
