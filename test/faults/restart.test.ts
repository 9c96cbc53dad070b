import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpfAt } from '../../src/shared/cpf.ts';
import { readUntil, spawnCli } from '../support/cli.ts';
import { ok, startRawUpstream } from '../support/raw-upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'comporta-restart-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a gateway that is killed and started again at once still keeps the spacing of the one before it', async () => {
  const upstream = await startRawUpstream((_, socket) => void socket.write(ok('{"score":1}')));
  const env = {
    LISTEN: '127.0.0.1:0',
    SANDBOX_LISTEN: '127.0.0.1:0',
    SCORE_API_URL: upstream.url,
    RATE_LIMIT_SECONDS: '3',
    DATA_DIR: folder,
  };
  try {
    for (let life = 0; life < 2; life++) {
      const gateway = spawnCli(['start'], { env });
      const said = await readUntil(gateway.stderr, /gateway +(\S+)/);
      const url = /gateway +(\S+)/.exec(said)![1]!;
      const answer = await fetch(`${url}/proxy/score?cpf=${cpfAt(life)}`, { headers: { 'client-id': 'a' } });
      expect(answer.status).toBe(200);
      gateway.kill('SIGKILL');
      await gateway.exited;
    }
    const [first, second] = upstream.requests;
    expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(3_000);
  } finally {
    upstream.stop();
  }
}, 20_000);
