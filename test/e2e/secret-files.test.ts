import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUntil, runCli, spawnCli } from '../support/cli.ts';

/** A token that lies in a file opens the admin API, and is shown nowhere. */

// It starts processes.
setDefaultTimeout(30_000);

const TOKEN = 'c0ffee-of-the-operators';
const folder = mkdtempSync(join(tmpdir(), 'comporta-secret-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ADMIN_TOKEN_FILE = join(folder, 'admin_token');
writeFileSync(ADMIN_TOKEN_FILE, `${TOKEN}\n`);

test('asks for it, and names the variable where /config hides the value', async () => {
  const child = spawnCli(['start', '--listen', '127.0.0.1:0'], {
    env: { ADMIN_TOKEN_FILE, SANDBOX_LISTEN: '127.0.0.1:0' },
  });
  try {
    const banner = await readUntil(child.stderr, /dashboard .*\n/);
    const url = `${/dashboard +(\S+)\//.exec(banner)?.[1]}/api/v1/config`;
    expect((await fetch(url)).status).toBe(401);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    const text = await answer.text();
    const { items } = JSON.parse(text) as { items: { path: string }[] };
    expect(items.find(({ path }) => path === 'admin.token')).toEqual({
      path: 'admin.token',
      value: '***',
      secret: true,
      origin: { kind: 'env', where: 'ADMIN_TOKEN_FILE' },
    } as never);
    expect(text).not.toContain(TOKEN);
  } finally {
    child.kill('SIGTERM');
    await child.exited;
  }
});

test('`check --print` hides it, and says where a file that cannot be read is asked for', async () => {
  const { code, stdout } = await runCli(['check', '--print'], { env: { ADMIN_TOKEN_FILE } });
  expect([code, stdout.includes(TOKEN), stdout.includes('"token": "***"')]).toEqual([0, false, true]);
  const missing = await runCli(['check'], { env: { ADMIN_TOKEN_FILE: join(folder, 'none') } });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(
    /^comporta\.yaml:\d+:\d+ admin\.token: `ADMIN_TOKEN_FILE` is ".*": there is no such file$/m,
  );
});
