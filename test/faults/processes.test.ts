/** The API, the worker, and both are killed with kill -9 in every phase of a delivery. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../helpers/database.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';
import { inScene, type Role, type Scene, until } from '../helpers/scene.ts';

const VICTIMS = {
  'the API': ['api'],
  'the worker': ['worker'],
  'API and worker': ['api', 'worker'],
  serve: ['serve'],
} as const satisfies Record<string, readonly Role[]>;

type Stage = {
  scene: Scene;
  mail: MailServer;
  /** Kills, and a moment later starts again, as a supervisor does. */
  strike(): Promise<void>;
};

const PHASES = {
  async 'while emitting'({ scene, strike }: Stage) {
    const receiver = await scene.receiver();
    const { tenant } = await scene.subscribe(receiver);
    const stop = scene.load(tenant, 20);
    await until('deliveries flow', () => receiver.arrivals.length > 20);
    await strike();
    await sleep(1_500);
    await stop();
  },

  async 'while attempts are in flight'({ scene, strike }: Stage) {
    const slow = await scene.receiver((response) => setTimeout(() => response.writeHead(200).end(), 1_500));
    const { tenant } = await scene.subscribe(slow, { retry_schedule: [] });
    await scene.emit(tenant, 10);
    await until('5 are in flight', () => slow.arrivals.length >= 5);
    await strike();
  },

  async 'between the answer and its record'({ scene, strike }: Stage) {
    let struck: Promise<void> | undefined;
    const receiver = await scene.receiver((response) => {
      if (receiver.arrivals.length === 5)
        response.once('finish', () => {
          struck = strike();
        });
      response.writeHead(200).end();
    });
    const { tenant } = await scene.subscribe(receiver, { retry_schedule: [] });
    await scene.emit(tenant, 10);
    await until('the fifth was answered', () => struck !== undefined);
    await struck;
  },

  async 'while retries wait'({ scene, strike }: Stage) {
    const late = await scene.receiver((response, { nth }) => response.writeHead(nth === 1 ? 503 : 200).end());
    const { tenant } = await scene.subscribe(late, { retry_schedule: [4, 4, 4] });
    await scene.emit(tenant, 10);
    await until('all were refused once', () => late.arrivals.length >= 10);
    await sleep(500);
    await strike();
  },

  async 'while people are told'({ scene, strike, mail }: Stage) {
    const broken = await scene.receiver((response) => response.writeHead(500).end());
    const { tenant } = await scene.subscribe(
      broken,
      { retry_schedule: [] },
      { contacts: ['ops@example.com'] },
    );
    const struck = new Promise<void>((resolve, reject) => {
      mail.onNext(() => strike().then(resolve, reject));
    });
    await scene.emit(tenant, 5);
    await struck;
  },

  async 'while recover runs'({ scene, strike }: Stage) {
    const receiver = await scene.receiver((response) => response.writeHead(503).end());
    const { tenant, endpoint } = await scene.subscribe(receiver, { retry_schedule: [] });
    await scene.emit(tenant, 20);
    await until('all have failed', async () => {
      const rows = await scene.rows();
      return rows.filter(({ status }) => status === 'failed').length === 20;
    });
    receiver.treat((response) => response.writeHead(200).end());
    const { body: operation } = await scene.call(
      'POST',
      `/v1/tenants/${tenant}/endpoints/${endpoint}/recover`,
      { since: new Date(0).toISOString(), per_second: 3 },
    );
    await until('a few were sent again', () => receiver.arrivals.length >= 24);
    await strike();
    await until(
      'the operation has ended',
      async () => (await scene.call('GET', `/v1/operations/${operation.id}`)).body.status === 'completed',
      180_000,
    );
    const { body } = await scene.call('GET', `/v1/operations/${operation.id}`);
    expect(body).toMatchObject({ matched: 20, done: 20, failed: 0 });
  },
};

const SCENES = Object.entries(PHASES).flatMap(([phase, play]) =>
  Object.entries(VICTIMS).map(([whom, victims]) => ({ phase, play, whom, victims })),
);

test.concurrent.each(SCENES)(
  'kill -9 of $whom $phase: every accepted event is delivered or told of',
  async ({ phase, play, whom, victims }) => {
    const database = await createTestDatabase();
    const mail = await startMailServer();
    const setting = {
      databaseUrl: database.url,
      observer: database.db,
      roles: whom === 'serve' ? (['serve'] as const) : (['api', 'worker'] as const),
      env: { SMTP_URL: mail.url },
    };
    await inScene(`kill -9 of ${whom} ${phase}`, setting, async (scene) => {
      // Others are delivered to all the time: before, during and after.
      const bystander = await scene.subscribe(await scene.receiver());
      const stop = scene.load(bystander.tenant, 4);
      const strike = async () => {
        await scene.kill(...victims);
        await sleep(500);
        for (const role of victims) await scene.start(role);
      };
      await play({ scene, mail, strike });
      await sleep(1_000);
      await stop();
      await scene.account();
    });
    await mail.close();
    // Whoever is told of the same thing again is told by the same message.
    expect(new Set(mail.received.map((message) => message.messageId)).size).toBeLessThanOrEqual(2);
  },
  360_000,
);
