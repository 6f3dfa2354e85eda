/** The demo of `tidings start`: starts its receivers, plays its scenario, and shows its deliveries in a table. */
import { z } from 'zod';
import { demoCertificate } from '../demo/certificate.ts';
import { demoProgress } from '../demo/progress.ts';
import { type DemoReceivers, startDemoReceivers } from '../demo/receivers.ts';
import { type CallApi, type DemoTenant, playDemo } from '../demo/scenario.ts';
import { callApi, callPages } from './api.ts';
import { type Connection, connectionOf } from './connection.ts';
import { say, terminalWidth, write } from './output.ts';
import { coloured, type DeliveryRow, deliveryRow, drawTable, inWords, lastResult } from './tables.ts';

export type Demo = {
  /** PEM file of the authority that issued the certificate of its https receiver */
  certFile: string;
  /** whether one of its receivers listens there */
  isAt(port: number): boolean;
  /** Starts the receivers, plays the demo, and shows its deliveries until all have ended or `stop` resolves. */
  play(url: string, key: string, stop: Promise<unknown>): Promise<void>;
  close(): Promise<void>;
};

/** @param folder where certificate, ports and progress are kept */
export async function openDemo(folder: string): Promise<Demo> {
  const certificate = await demoCertificate(folder);
  let receivers: DemoReceivers | null = null;
  return {
    certFile: certificate.certFile,
    isAt: (port) => receivers?.isAt(port) ?? false,
    close: async () => receivers?.close(),
    async play(url, key, stop) {
      receivers = await startDemoReceivers(folder, certificate);
      const connection = connectionOf({ url, key });
      const isStopped = { now: false };
      void stop.then(() => {
        isStopped.now = true;
      });
      const { tenants, isNew } = await playDemo(callWith(connection), receivers, demoProgress(folder));
      if (!isNew) return;
      say(
        '\nA demo: each product’s sample events go to a receiver on this machine that verifies them as its document says.\n',
      );
      await watchDeliveries(connection, tenants, isStopped);
    },
  };
}

function callWith(connection: Connection): CallApi {
  return <Answer>(method: string, path: string, body?: unknown) =>
    callApi(
      connection,
      { method, path, ...(body !== undefined && { body: JSON.stringify(body) }) },
      z.unknown(),
    ) as Promise<Answer>;
}

const WATCH_MS = 20_000;
const REDRAW_MS = 250;

/** Redraws the table until all deliveries have ended. Without a terminal that it fits into, it draws it once, at the end. */
async function watchDeliveries(
  connection: Connection,
  tenants: readonly DemoTenant[],
  isStopped: { now: boolean },
): Promise<void> {
  const deadline = Date.now() + WATCH_MS;
  let drawn = 0;
  for (;;) {
    const rows = await readRows(connection, tenants);
    const isOver =
      rows.every(({ row }) => ['succeeded', 'failed'].includes(row.status)) ||
      Date.now() > deadline ||
      isStopped.now;
    const table = drawRows(rows);
    const height = table.split('\n').length;
    // Lines that have scrolled out of the terminal cannot be redrawn.
    const isLive = process.stdout.isTTY && height < (process.stdout.rows ?? 0);
    if (isLive || isOver) {
      if (drawn > 0) write(`\u001b[${drawn}A\u001b[0J`);
      write(`${table}\n`);
      drawn = height;
    }
    if (isOver) return;
    await new Promise((done) => setTimeout(done, REDRAW_MS));
  }
}

type Row = { tenant: string; row: DeliveryRow };

async function readRows(connection: Connection, tenants: readonly DemoTenant[]): Promise<Row[]> {
  const lists = await Promise.all(
    tenants.map(async ({ id, name }) => {
      const rows: Row[] = [];
      const path = `/v1/tenants/${id}/deliveries`;
      for await (const row of callPages(connection, path, deliveryRow)) rows.unshift({ tenant: name, row });
      return rows;
    }),
  );
  return lists.flat();
}

function drawRows(rows: Row[]): string {
  return drawTable(
    ['contract', 'event', 'status', 'attempts', 'last answer', 'next'],
    rows.map(({ tenant, row }) => [
      tenant,
      row.event_type,
      coloured(row.status),
      row.attempt_count,
      lastResult(row),
      inWords(row.next_attempt_at),
    ]),
    terminalWidth(),
  );
}
