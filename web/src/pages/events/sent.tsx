/** An event that was just sent: to whom it goes, and how far it is. */
import type { Schemas } from '@tidings/client';
import { useEffect, useRef } from 'react';
import { useTenant } from '../../context/tenant.tsx';
import { LinkButton } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { useEvent } from './event-data.ts';
import { EventDeliveries } from './event-deliveries.tsx';
import styles from './events.module.css';
import { Missed } from './missed.tsx';

export function Sent({ event }: { event: Schemas['AcceptedEvent'] }) {
  const { events } = useTexts();
  const texts = events.compose;
  const tenant = useTenant();
  const { data } = useEvent(tenant.id, event.id);
  const deliveries = data?.event.deliveries ?? event.deliveries;
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each event that was sent comes into view
  useEffect(() => {
    void box.current?.scrollIntoView({ block: 'nearest' });
  }, [event.id]);
  return (
    <div ref={box} className={styles.about}>
      <Card
        title={texts.sentTitle}
        actions={<LinkButton href={`/events/${event.id}`}>{texts.open}</LinkButton>}
      >
        {deliveries.length === 0 ? (
          <p>{texts.nobody}</p>
        ) : (
          <>
            <p className="muted">{texts.sentHint}</p>
            <EventDeliveries deliveries={deliveries} />
          </>
        )}
      </Card>
      {deliveries.length === 0 && <Missed event={event} />}
    </div>
  );
}
