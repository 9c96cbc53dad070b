import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIGRATIONS, migrate } from './migrations.ts';
import { SqliteEngine } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'comporta-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function engineAt(name: string): Promise<SqliteEngine> {
  const engine = new SqliteEngine(join(folder, name));
  await engine.connect();
  return engine;
}

const versionOf = async (engine: SqliteEngine) =>
  (await engine.read('select max(version) as version from ledger_version'))[0]!.version;

test('runs what is missing, and a second time nothing', async () => {
  const engine = await engineAt('twice.db');
  await migrate(engine);
  await migrate(engine);
  expect(await versionOf(engine)).toBe(MIGRATIONS.length);
  await migrate(engine, [...MIGRATIONS, () => ['create table added (a integer)']]);
  expect(await versionOf(engine)).toBe(MIGRATIONS.length + 1);
  await engine.close();
});

test('a migration that fails half-way leaves nothing behind', async () => {
  const engine = await engineAt('failed.db');
  await migrate(engine);
  const broken = [...MIGRATIONS, () => ['create table half (a integer)', 'this is no statement']];
  expect(await migrate(engine, broken).catch((error: Error) => error.message)).toContain('syntax error');
  expect(await versionOf(engine)).toBe(MIGRATIONS.length);
  expect(await engine.read("select name from sqlite_master where name = 'half'")).toHaveLength(0);
  await engine.close();
});

test('a ledger of a later version is refused, not guessed at', async () => {
  const engine = await engineAt('later.db');
  await migrate(engine, [...MIGRATIONS, () => []]);
  expect(await migrate(engine).catch((error: Error) => error.message)).toContain('written by a later one');
  await engine.close();
});

test('readers never see a transaction that is open, and a failed one takes nobody along', async () => {
  const engine = await engineAt('isolation.db');
  await engine.transaction((run) => run('create table t (a integer)').then(() => {}));
  let seenInside: number | undefined;
  const failing = engine.transaction(async (run) => {
    await run('insert into t values (1)');
    seenInside = (await engine.read('select * from t')).length;
    throw new Error('no');
  });
  const following = engine.transaction((run) => run('insert into t values (2)').then(() => {}));
  expect(await failing.catch((error: Error) => error.message)).toBe('no');
  await following;
  expect(seenInside).toBe(0);
  expect((await engine.read('select a from t')).map(({ a }) => a)).toEqual([2]);
  await engine.close();
});
