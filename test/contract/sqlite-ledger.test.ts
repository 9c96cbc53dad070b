import { expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerAt } from '../../src/ledger/open-ledger.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { ledgerContract } from './ledger.contract.ts';
import { rowsOf, sumOf } from './ledger-suite.ts';

ledgerContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-ledger-'));
  return {
    // The folder of the file does not exist yet.
    connect: () => ledgerAt(`sqlite://${join(folder, 'data', 'comporta.db')}`),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

test('kill -9 in the middle of writing loses nothing that was confirmed and breaks nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-ledger-'));
  const path = join(folder, 'comporta.db');
  const writer = Bun.spawn(
    [process.execPath, join(import.meta.dir, '../support/ledger-writer.ts'), `sqlite://${path}`],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  let confirmed = { commands: 0, rules: 0 };
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of writer.stdout) {
    text += decoder.decode(bytes, { stream: true });
    const lines = text.split('\n');
    text = lines.pop()!;
    const last = lines.at(-1);
    if (last !== undefined) confirmed = JSON.parse(last);
    if (confirmed.rules >= 25) writer.kill('SIGKILL');
  }
  await writer.exited;

  const sql = new Bun.SQL({ adapter: 'sqlite', filename: path });
  const [check] = await sql`pragma integrity_check`;
  expect(check.integrity_check).toBe('ok');
  await sql.close();
  const ledger = ledgerAt(`sqlite://${path}`);
  const range = { fromMs: systemClock.wallNow() - 3_600_000, toMs: systemClock.wallNow() + 60_000 };
  const total = sumOf(await rowsOf(ledger, range));
  expect(total.count).toBeGreaterThanOrEqual(confirmed.commands);
  // One flush may have been in without its confirmation having come through.
  expect(total.count % 40).toBe(0);
  for (const groupBy of [['client'], ['path'], ['client', 'path']] as const) {
    expect(sumOf(await rowsOf(ledger, { ...range, groupBy }))).toEqual(total);
  }
  const rules = await ledger.rules.list();
  expect(rules.length).toBeGreaterThanOrEqual(confirmed.rules);
  const audited = await ledger.audit.list({ limit: 1_000 });
  expect(new Set(audited.map(({ subject }) => subject)).size).toBe(rules.length);
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);
