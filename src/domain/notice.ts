/** Something that people must be told, and the ports through which they are. */
import type { DisabledReason } from './endpoint.ts';

export type ExhaustedDelivery = {
  deliveryId: string;
  eventId: string;
  eventType: string;
  attemptCount: number;
  lastError: string | null;
  lastResponseStatus: number | null;
  failedAt: Date;
};

type About = {
  /** stable across retries: a message made from it twice is the same message */
  id: string;
  tenant: { id: string; name: string; contacts: string[] };
};

/** One digest: the exhausted deliveries of one endpoint that nobody has been told of yet. */
export type DeliveriesNotice = About & {
  about: 'deliveries';
  endpoint: { id: string; maskedUrl: string; stalled: boolean; disabled: boolean };
  /** the first ones, oldest first; at most `NOTICE_SAMPLE` */
  deliveries: ExhaustedDelivery[];
  /** how many in all */
  total: number;
};

/** How an endpoint fares. */
export type EndpointNotice = About & {
  about: 'endpoint';
  endpoint: { id: string; maskedUrl: string };
  failingSince: Date | null;
  consecutiveFailures: number;
} & (
    | { what: 'failing' /** of the time until it is switched off */; percent: number; disabledAt: Date }
    | {
        what: 'disabled';
        reason: DisabledReason /** those that waited and have failed with it */;
        deliveriesEnded: number;
      }
    | { what: 'recovered' }
  );

export type Notice = DeliveriesNotice | EndpointNotice;

export const NOTICE_SAMPLE = 20;

/** A way to tell people. `tell` may be called twice with the same notice (after a crash) and must not mind. */
export type Channel = {
  name: string;
  tell(notice: Notice): Promise<void>;
};
