/**
 * Everything that emits depend on is changed at full speed, alone and while a part is taken away: no answer is a 500, and nothing
 * is lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ownPostgres } from '../helpers/own-servers.ts';
import { inScene, type Scene } from '../helpers/scene.ts';
import { startUnrest } from '../helpers/unrest.ts';

const UNREST_MS = 15_000;

const FAULTS: Record<
  string,
  (scene: Scene, postgres: Awaited<ReturnType<typeof ownPostgres>>) => Promise<unknown>
> = {
  alone: async () => {},
  'and the API killed': async (scene) => {
    await scene.kill('api');
    await sleep(500);
    await scene.start('api');
  },
  'and PostgreSQL restarted': async (_scene, postgres) => {
    await postgres.stop();
    await sleep(2_000);
    await postgres.start();
  },
};

test.concurrent.each(Object.keys(FAULTS))(
  'tenants, types, endpoints, keys and secrets change %s: only what was provoked is refused',
  async (fault) => {
    const postgres = await ownPostgres();
    const setting = { databaseUrl: postgres.url, observer: postgres.db, roles: ['api', 'worker'] as const };
    await inScene(`everything changes, ${fault}`, setting, async (scene) => {
      const receiver = await scene.receiver();
      const { unrest, end } = await startUnrest(
        { url: scene.process('api').url, receiverUrl: receiver.url },
        {
          emitters: 4,
          tolerates: (answer) =>
            fault !== 'alone' &&
            (answer === null || (answer.status === 503 && answer.headers.has('retry-after'))),
        },
      );
      await sleep(UNREST_MS / 2);
      await FAULTS[fault]?.(scene, postgres);
      await sleep(UNREST_MS / 2);
      await end();
      expect(unrest.unexpected).toEqual([]);
      scene.include(unrest.calm, unrest.accepted.get(unrest.calm) ?? []);
      await scene.account();
    });
  },
  360_000,
);
