/** Tables of deliveries for a terminal. */
import Table from 'cli-table3';
import { z } from 'zod';
import { type Printable, Styled, shown } from './output.ts';

export const deliveryRow = z.looseObject({
  id: z.string(),
  tenant_id: z.string(),
  event_type: z.string(),
  status: z.string(),
  held_reason: z.string().nullable(),
  attempt_count: z.number(),
  last_error: z.string().nullable(),
  last_response_status: z.number().nullable(),
  next_attempt_at: z.string().nullable(),
  created_at: z.string(),
});
export type DeliveryRow = z.infer<typeof deliveryRow>;

const COLOURS: Record<string, number> = {
  succeeded: 32,
  failed: 31,
  retrying: 33,
  delivering: 36,
  pending: 36,
  held: 35,
  cancelled: 90,
};

/** The status in its colour, if the terminal shows colours. */
export function coloured(status: string): Styled {
  const colour = Object.hasOwn(COLOURS, status) ? COLOURS[status] : undefined;
  return new Styled(
    colour === undefined || !process.stdout.isTTY || process.env.NO_COLOR
      ? shown(status)
      : `\u001b[${colour}m${status}\u001b[0m`,
  );
}

/** Least width of a column: less of a word says nothing. */
const NARROWEST = 8;
const WIDEST = 60;

/**
 * Draws a table that fits. Columns are cut with `…`, the widest first; if that is not enough, each row becomes a block of lines.
 * The first column holds what people copy, and is never cut.
 * @param width of the terminal in columns; `null`: no limit
 */
export function drawTable(head: string[], rows: Printable[][], width: number | null): string {
  const cells = rows.map((row) => row.map(shown));
  const natural = columnWidths(draw(head, cells)).map((columns, at) =>
    at === 0 ? columns : Math.min(columns, WIDEST),
  );
  const widths = width === null ? natural : fitted(natural, width);
  return widths === null ? blocks(head, cells) : draw(head, cells, widths);
}

function draw(head: string[], cells: string[][], colWidths?: number[]): string {
  const table = new Table({
    head,
    style: { head: [], border: [], compact: true },
    ...(colWidths && { colWidths }),
  });
  table.push(...cells);
  return table.toString();
}

/** Widths of the columns, measured on the upper border: its characters are one column wide, whatever the cells hold. */
function columnWidths(table: string): number[] {
  const [border = ''] = table.split('\n');
  return border
    .slice(1, -1)
    .split('┬')
    .map((part) => part.length);
}

function fitted(natural: readonly number[], width: number): number[] | null {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each, widths.length + 1);
  while (total() > width) {
    const widest = widths.reduce((best, each, at) => (at > 0 && each > (widths[best] ?? 0) ? at : best), 1);
    const now = widths[widest] ?? 0;
    if (now <= NARROWEST || widths.length < 2) return null;
    widths[widest] = now - 1;
  }
  return widths;
}

function blocks(head: string[], cells: string[][]): string {
  return cells
    .map(([first = '', ...others]) =>
      [
        first,
        ...others.map((cell, at) => `  ${head[at + 1]}: ${cell}`).filter((line) => !line.endsWith(': ')),
      ].join('\n'),
    )
    .join('\n');
}

/** Result of the last attempt, in a word or two. */
export function lastResult(delivery: DeliveryRow): string {
  if (delivery.last_response_status !== null) return String(delivery.last_response_status);
  return delivery.last_error ?? (delivery.attempt_count > 0 ? 'ok' : '');
}

/** Time until then: `in 5 s`, `in 2 h`, `now`; '' for null. */
export function inWords(iso: string | null, nowMs = Date.now()): string {
  if (iso === null) return '';
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
  if (seconds <= 0) return 'now';
  if (seconds < 120) return `in ${seconds} s`;
  return seconds < 7200 ? `in ${Math.round(seconds / 60)} min` : `in ${Math.round(seconds / 3600)} h`;
}
