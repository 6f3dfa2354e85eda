/** What people must be told, the messages that tell it, and the port through which they go. */
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

/** How an endpoint fares. */
export type EndpointChange = {
  at: Date;
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

export type Recipient = {
  address: string;
  /** of a page where it can be told that no more is wanted; a POST there does it at once */
  unsubscribeUrl: string;
};

type Message = {
  /** stable across retries: a message that goes out twice is the same message */
  id: string;
  tenant: { id: string; name: string };
};

/** One digest: what its recipient has not been told yet of one endpoint. */
export type EndpointMessage = Message & {
  about: 'endpoint';
  /** `null`: whoever reads the log */
  recipient: Recipient | null;
  endpoint: { id: string; maskedUrl: string; stalled: boolean; disabled: boolean };
  /** deliveries that were given up: the first ones, oldest first; at most `NOTICE_SAMPLE` */
  deliveries: ExhaustedDelivery[];
  /** how many in all */
  total: number;
  /** the last ones, oldest first; at most `NOTICE_SAMPLE` */
  changes: EndpointChange[];
  /** how many in all */
  changesTotal: number;
};

/** Asks whether an address is its owner's wish. */
export type LinkMessage = Message & {
  about: 'link';
  recipient: Recipient;
  /** of a page with a button */
  verifyUrl: string;
  expiresAt: Date;
};

export type TidingsMessage = EndpointMessage | LinkMessage;

export const NOTICE_SAMPLE = 20;

/**
 * What became of a message.
 *
 * sent     it was taken
 * refused  never again: the recipient's address is no good
 * later    the recipient cannot be told for the time being
 * unsure   it may have been taken: told again, it must be the same message
 * away     nobody can be told through the channel for the time being
 */
export type SendOutcome =
  | { outcome: 'sent' }
  | { outcome: 'refused' | 'later' /** the mail server's, like `550 5.1.1` */; code: string }
  | { outcome: 'unsure' | 'away'; reason: string };

/** A way to notify people. `send` may be called twice with the same message (after a crash) and must not mind. */
export type Channel = {
  name: string;
  /** whether a message goes to each of the tenant's contacts, or to the operator alone */
  audience: 'contacts' | 'operator';
  /** Never throws for what the recipient or the other side does. @param signal breaks off */
  send(message: TidingsMessage, signal: AbortSignal): Promise<SendOutcome>;
};

/** The operational events that people hear of in messages. */
export const CHANGES = ['endpoint.failing', 'endpoint.disabled', 'endpoint.recovered'] as const;

/** As the operational events of the `CHANGES` have it. */
export type ChangeData = {
  failing_since?: string | null;
  consecutive_failures?: number;
  percent?: number;
  disabled_at?: string;
  reason?: DisabledReason;
  deliveries_ended?: number;
};

export function changeOf(type: (typeof CHANGES)[number], data: ChangeData, at: Date): EndpointChange {
  const common = {
    at,
    failingSince: data.failing_since ? new Date(data.failing_since) : null,
    consecutiveFailures: data.consecutive_failures ?? 0,
  };
  switch (type) {
    case 'endpoint.failing':
      return {
        ...common,
        what: 'failing',
        percent: data.percent ?? 0,
        disabledAt: new Date(data.disabled_at ?? 0),
      };
    case 'endpoint.disabled':
      return {
        ...common,
        what: 'disabled',
        reason: data.reason ?? 'failing',
        deliveriesEnded: data.deliveries_ended ?? 0,
      };
    case 'endpoint.recovered':
      return { ...common, what: 'recovered' };
  }
}
