/** The deliveries of an event, each with its status as it is now. */
import type { Schemas } from '@tidings/client';
import { Link } from 'wouter';
import { useTenant } from '../../context/tenant.tsx';
import { StatusBadge } from '../../parts/badge.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../texts/index.ts';
import { useEndpointNames } from '../deliveries/endpoint-names.ts';
import styles from './events.module.css';

export function EventDeliveries({ deliveries }: { deliveries: Schemas['Event']['deliveries'] }) {
  const { events: texts } = useTexts();
  const tenant = useTenant();
  const names = useEndpointNames(tenant.id);
  return (
    <Table
      label={texts.detail.deliveries}
      rows={deliveries}
      keyOf={({ id }) => id}
      columns={[
        {
          name: texts.detail.delivery,
          cell: ({ id, endpoint_id: endpoint }) => (
            <Link href={`/deliveries/${id}`}>
              {names.get(endpoint) ?? endpoint} <small className={styles.id}>{id}</small>
            </Link>
          ),
        },
        { name: texts.detail.status, cell: ({ status }) => <StatusBadge status={status} /> },
      ]}
    />
  );
}
