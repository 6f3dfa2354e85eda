/** Notifications and the messages that carry them, and the port (`Channel`) through which messages are sent. */
import type { DisabledReason } from './endpoint.ts';

export type ExhaustedDelivery = {
  deliveryId: string;
  eventId: string;
  eventType: string;
  attemptCount: number;
  lastError: string | null;
  lastResponseStatus: number | null;
  failedAt: Date;
  /** whether a retry by hand is under way */
  isRetried: boolean;
  /** whether its payload is erased, so that it cannot be sent again */
  isErased: boolean;
};

/** A change of an endpoint's health that people are notified of. */
export type EndpointChange = {
  at: Date;
  failingSince: Date | null;
  consecutiveFailures: number;
} & (
  | {
      what: 'failing';
      /** of the time until the endpoint is switched off */
      percent: number;
    }
  | {
      what: 'disabled';
      reason: DisabledReason;
      /** waiting deliveries that have failed with the endpoint */
      deliveriesEnded: number;
    }
  | { what: 'recovered' }
);

export type Recipient = {
  address: string;
  /** of the page to unsubscribe; a POST to it unsubscribes at once */
  unsubscribeUrl: string;
};

type Message = {
  /** stable across retries, so that a message that is sent twice has one id */
  id: string;
  tenant: { id: string; name: string };
};

/** A digest: everything about one endpoint that its recipient has not been told. */
export type EndpointMessage = Message & {
  about: 'endpoint';
  /** `null`: the operator, who reads the log */
  recipient: Recipient | null;
  /** the endpoint as it is when the message is sent, which may be long after the changes */
  endpoint: {
    id: string;
    maskedUrl: string;
    stalled: boolean;
    disabled: boolean;
    deleted: boolean;
    /** since when every attempt has failed; `null`: the last one has not, or there was none since it was enabled */
    failingSince: Date | null;
    /** a failed attempt at this time or later switches it off; `null`: it is not failing */
    switchOffAt: Date | null;
    /** when it was read */
    asOf: Date;
  };
  /** exhausted deliveries: the first `NOTICE_SAMPLE`, oldest first */
  deliveries: ExhaustedDelivery[];
  /** how many in all */
  total: number;
  /** changes: the last `NOTICE_SAMPLE`, oldest first */
  changes: EndpointChange[];
  /** how many in all */
  changesTotal: number;
};

/** Asks the owner of an address to confirm that it may be notified. */
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
 * The outcome of sending a message.
 *
 * sent     it was accepted
 * refused  the recipient's address does not work: nothing more is sent to it
 * later    the recipient cannot be reached for the time being
 * unsure   it may have been accepted: the same message must be sent again
 * away     the channel does not work for the time being, for any recipient
 */
export type SendOutcome =
  | { outcome: 'sent' }
  | {
      outcome: 'refused' | 'later';
      /** the mail server's, like `550 5.1.1` */
      code: string;
    }
  | { outcome: 'unsure' | 'away'; reason: string };

/** A way to notify people. `send` must accept the same message twice, which happens after a crash. */
export type Channel = {
  name: string;
  /** whether a message goes to each of the tenant's contacts, or to the operator alone */
  audience: 'contacts' | 'operator';
  /** whether a contact's address is one of this channel's; never, where its audience is the operator */
  takes(address: string): boolean;
  /** Never throws for a failure of the recipient or the other side. @param signal aborts the sending */
  send(message: TidingsMessage, signal: AbortSignal): Promise<SendOutcome>;
};

/** The operational events of which people are notified. */
export const CHANGES = ['endpoint.failing', 'endpoint.disabled', 'endpoint.recovered'] as const;

/** The `data` of an operational event of the `CHANGES`. */
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
