/** The log as it reaches a terminal: a JSON object a line, whatever a receiver or a tenant has written into it. */
import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '../../src/observability/logger.ts';
import { makeFolder } from '../helpers/folder.ts';

const HOSTILE = '\u001b[2J\u009b31m\u202eevil\u2066\u0000\u007f\r\n{"level":"forged"}\u2028\u0085';

test('control characters are visible, and each line is JSON that means what was logged', async () => {
  const file = join(await makeFolder(), 'log');
  const logger = createLogger('info', file);
  logger.info({ reason: HOSTILE, [HOSTILE]: 1, nested: { list: [HOSTILE] } }, HOSTILE);
  logger.child({ tenant: HOSTILE }).error({ err: new Error(HOSTILE) }, 'failed');
  const text = await readFile(file, 'utf8');
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u);
  const [first, second, ...more] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(more).toEqual([]);
  expect(first).toMatchObject({ reason: HOSTILE, [HOSTILE]: 1, nested: { list: [HOSTILE] }, msg: HOSTILE });
  expect(second).toMatchObject({ tenant: HOSTILE, err: { message: HOSTILE } });
});

test('a disk that is full takes no log, and ends nothing', async () => {
  const file = join(await makeFolder(), 'log');
  symlinkSync('/dev/full', file);
  const logger = createLogger('info', file);
  for (let count = 0; count < 3; count += 1) logger.error({ count }, 'nobody will read this');
  await new Promise((resolve) => setTimeout(resolve, 50));
});
