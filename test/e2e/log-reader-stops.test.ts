import { expect, test } from 'bun:test';
import { call, until } from '../support/score.ts';
import { startProcess } from '../support/started.ts';

/** A pipe holds 64 kB; a refusal's line has some 200 bytes. */
const REFUSALS = 1_500;

test('whoever reads the log stops reading: calls are answered, and the process ends when it is told to', async () => {
  // startProcess reads the first lines of stderr, and nothing after them.
  const gateway = await startProcess();
  const refused = async (): Promise<void> => {
    for (let count = 0; count < 100; count++) {
      expect((await fetch(`${gateway.url}/nowhere/${count}`)).status).toBe(404);
    }
  };
  for (let round = 0; round < REFUSALS / 100; round++) {
    await refused();
    // The access log writes at most 200 lines a second.
    await Bun.sleep(500);
  }
  await until(async () => (await call(`${gateway.url}/metrics`)).json.total_requests === REFUSALS);
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
}, 60_000);
