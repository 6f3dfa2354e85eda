/** The mail server is away, silent or refuses: everybody is notified when it is back, and nobody twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../helpers/database.ts';
import { startMailServer } from '../helpers/mail-server.ts';
import { inScene, until } from '../helpers/scene.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

const AWAY_MS = 20_000;

test.concurrent.each(['refuses connections', 'swallows everything', 'takes no mail'] as const)(
  'a mail server that %s for a while: every exhausted delivery is told of, nobody is flooded',
  async (manner) => {
    const database = await createTestDatabase();
    const mail = await startMailServer();
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(mail.url).port) });
    const setting = {
      databaseUrl: database.url,
      observer: database.db,
      roles: ['api', 'worker'] as const,
      env: { SMTP_URL: proxy.through(mail.url) },
    };
    await inScene(`mail server ${manner}`, setting, async (scene) => {
      const broken = await scene.receiver((response) => response.writeHead(500).end());
      const { tenant } = await scene.subscribe(
        broken,
        { retry_schedule: [1] },
        { contacts: ['ops@example.com'] },
      );
      const stop = scene.load(tenant, 4);
      await until('the first is told of', () => mail.received.length > 0);
      if (manner === 'refuses connections') await proxy.refuse();
      else if (manner === 'swallows everything') proxy.swallow();
      else mail.accept(false);
      await sleep(AWAY_MS);
      mail.accept(true);
      await proxy.heal();
      await sleep(2_000);
      await stop();
      const account = await scene.account();
      expect(account.told).toBe(account.accepted);
      const told = new Set(mail.received.map((message) => message.messageId));
      // What was under way when it fell silent may have been taken without a word.
      expect(mail.received.length - told.size).toBeLessThanOrEqual(1);
      // Digests: far fewer messages than deliveries.
      expect(told.size).toBeLessThan(account.accepted / 2);
    });
    await mail.close();
  },
  360_000,
);
