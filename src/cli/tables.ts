/** Deliveries and their attempts as text for a terminal. */
import Table from 'cli-table3';

export type DeliveryRow = {
  id: string;
  event_type: string;
  status: string;
  held_reason: string | null;
  attempt_count: number;
  last_error: string | null;
  last_response_status: number | null;
  next_attempt_at: string | null;
  created_at: string;
};

const COLOURS: Record<string, number> = {
  succeeded: 32,
  failed: 31,
  retrying: 33,
  delivering: 36,
  pending: 36,
  held: 35,
  cancelled: 90,
};

/** The status in its colour, where the terminal shows colours. */
export function coloured(status: string): string {
  const colour = COLOURS[status];
  return colour === undefined || !process.stdout.isTTY || process.env.NO_COLOR
    ? status
    : `\u001b[${colour}m${status}\u001b[0m`;
}

export function newTable(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}

/** What the last attempt came to, in a word or two. */
export function lastResult(delivery: DeliveryRow): string {
  if (delivery.last_response_status !== null) return String(delivery.last_response_status);
  return delivery.last_error ?? (delivery.attempt_count > 0 ? 'ok' : '');
}

/** `in 5 s`, `in 2 h`, or nothing. */
export function inWords(iso: string | null, nowMs = Date.now()): string {
  if (iso === null) return '';
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
  if (seconds <= 0) return 'now';
  if (seconds < 120) return `in ${seconds} s`;
  return seconds < 7200 ? `in ${Math.round(seconds / 60)} min` : `in ${Math.round(seconds / 3600)} h`;
}
