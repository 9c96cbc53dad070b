import type { Engine, Run } from './dialect.ts';
import { CORE_KEYS, coreTable, FACET_KEYS, FACET_VALUES, facetTable, GRAINS } from './tables.ts';

/** The statements that bring the schema from one version to the next. Never changed once released: add one. */
type Migration = (engine: Engine) => string[];

export const MIGRATIONS: readonly Migration[] = [
  ({ types: { identity, integer, blob }, clustered }) => [
    `create table ledger_rule (
      id text primary key, version integer not null, created_ms ${integer} not null,
      updated_ms ${integer} not null, document text not null)`,
    `create table ledger_counter (name text primary key, value ${integer} not null)`,
    `insert into ledger_counter (name, value) values ('rules', 0), ('usage_rolled', 0)`,
    `create table ledger_audit (
      id ${identity}, at_ms ${integer} not null, actor text not null, action text not null,
      subject text not null, before_json text, after_json text)`,
    'create index ledger_audit_subject on ledger_audit (subject, id)',
    `create table usage_flush (node text primary key, sequence ${integer} not null, seen_ms ${integer} not null)`,
    `create table usage_name (id ${identity}, text text not null unique, seen_day integer not null)`,
    ...GRAINS.flatMap((grain) => [
      `create table ${coreTable(grain)} (
        start_minute integer not null, route_id ${integer} not null, upstream_id ${integer} not null,
        method text not null, status integer not null, outcome text not null, cache text not null,
        count ${integer} not null, bytes ${integer} not null, total_us ${integer} not null,
        total_buckets ${blob} not null, queue_count ${integer} not null, queue_us ${integer} not null,
        queue_buckets ${blob} not null, upstream_count ${integer} not null, upstream_us ${integer} not null,
        upstream_buckets ${blob} not null, primary key (${CORE_KEYS.join(', ')})) ${clustered}`,
      `create table ${facetTable(grain)} (
        facet integer not null, start_minute integer not null, client_id ${integer} not null,
        path_id ${integer} not null, route_id ${integer} not null, upstream_id ${integer} not null,
        ${FACET_VALUES.map((column) => `${column} ${integer}`).join(', ')},
        primary key (${FACET_KEYS.join(', ')})) ${clustered}`,
    ]),
  ],
];

/**
 * Runs the migrations that the database has not had, each with its version in one transaction. Several nodes may
 * start at once: one migrates, the others find it done. A schema from a later version is refused.
 */
export async function migrate(engine: Engine, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await engine.transaction(async (run) => {
    await engine.lock(run, 'migration');
    await run('create table if not exists ledger_version (version integer primary key)');
  });
  for (;;) {
    const done = await engine.transaction(async (run) => {
      await engine.lock(run, 'migration');
      const version = await versionOf(run);
      if (version > migrations.length) {
        throw new Error(
          `the ledger has schema version ${version}, this Comporta knows ${migrations.length}: it was written by a later one`,
        );
      }
      const next = migrations[version];
      if (next === undefined) return true;
      for (const statement of next(engine)) await run(statement);
      await run('insert into ledger_version (version) values ($1)', [version + 1]);
      return false;
    });
    if (done) return;
  }
}

async function versionOf(run: Run): Promise<number> {
  const [row] = await run('select max(version) as version from ledger_version');
  return Number(row?.version ?? 0);
}
