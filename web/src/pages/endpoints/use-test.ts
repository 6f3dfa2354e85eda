/** A test event to an endpoint: one at a time, and its delivery as new as the service. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useEffect, useRef, useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { useSubmission } from '../../parts/form.tsx';

type Delivery = Schemas['Delivery'];

export type Test = {
  isBusy: boolean;
  problem: Error | null;
  /** `null`: none was sent, or it was put away */
  delivery: Delivery | null;
  /** @param eventType absent: the contract's test event */
  send(eventType?: string): void;
  putAway(): void;
};

/** @param started one that is under way already */
export function useTest(endpoint: string, started: Promise<Delivery> | null): Test {
  const api = useApi();
  const queries = useQueryClient();
  const { id: tenant } = useTenant();
  const wanted = useRef<string | undefined>(undefined);
  const underWay = useRef(started);
  const [id, setId] = useState<string | null>(null);
  const submission = useSubmission(
    () => {
      const eventType = wanted.current;
      const own = underWay.current;
      underWay.current = null;
      return (
        own ??
        dataOf(
          api.POST('/v1/tenants/{tenant}/endpoints/{endpoint}/test', {
            params: { path: { tenant, endpoint } },
            body: eventType === undefined ? {} : { event_type: eventType },
          }),
        )
      );
    },
    (delivery) => {
      queries.setQueryData(['delivery', delivery.id], delivery);
      setId(delivery.id);
    },
  );
  const { submit } = submission;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the one that is under way is taken over once
  useEffect(() => {
    if (underWay.current !== null) submit();
  }, []);
  const { data } = useQuery({
    queryKey: ['delivery', id],
    enabled: id !== null,
    queryFn: () => dataOf(api.GET('/v1/deliveries/{delivery}', { params: { path: { delivery: id ?? '' } } })),
  });
  return {
    isBusy: submission.isBusy,
    problem: submission.problem,
    delivery: id === null ? null : (data ?? null),
    send: (eventType) => {
      wanted.current = eventType;
      setId(null);
      submit();
    },
    putAway: () => {
      setId(null);
      submission.reset();
    },
  };
}
