/** Something that people must be told, and the ports through which they are. */

export type ExhaustedDelivery = {
  deliveryId: string;
  eventId: string;
  eventType: string;
  attemptCount: number;
  lastError: string | null;
  lastResponseStatus: number | null;
  failedAt: Date;
};

/** One digest: the exhausted deliveries of one endpoint that nobody has been told of yet. */
export type Notice = {
  /** stable across retries: a message made from it twice is the same message */
  id: string;
  tenant: { id: string; name: string; contacts: string[] };
  endpoint: { id: string; maskedUrl: string; stalled: boolean; disabled: boolean };
  /** the first ones, oldest first; at most `NOTICE_SAMPLE` */
  deliveries: ExhaustedDelivery[];
  /** how many in all */
  total: number;
};

export const NOTICE_SAMPLE = 20;

/** A way to tell people. `tell` may be called twice with the same notice (after a crash) and must not mind. */
export type Channel = {
  name: string;
  tell(notice: Notice): Promise<void>;
};
