import { SQL } from 'bun';
import { type Engine, type Run, runOn, type SqlLock, type SqlRow, type SqlValue } from './dialect.ts';

const CONNECTION_TIMEOUT_S = 5;
const CONNECTIONS = 4;

/** Advisory lock keys, chosen once: every node of a fleet means the same by them. */
const LOCK_KEYS: Record<SqlLock, number> = { migration: 7_266_910_001, usage: 7_266_910_002 };

/** PostgreSQL 12 or later, over a small pool. */
export class PostgresEngine implements Engine {
  readonly types = {
    identity: 'bigint generated always as identity primary key',
    integer: 'bigint',
    blob: 'bytea',
  };
  readonly clustered = '';
  private readonly sql: SQL;

  constructor(url: string) {
    this.sql = new SQL({
      url,
      adapter: 'postgres',
      max: CONNECTIONS,
      connectionTimeout: CONNECTION_TIMEOUT_S,
    });
    this.read = runOn(this.sql);
  }

  async connect(): Promise<void> {
    await this.read('select 1');
  }

  readonly read: Run;

  transaction<T>(body: (run: Run) => Promise<T>): Promise<T> {
    return this.sql.begin((transaction) => body(runOn(transaction))) as Promise<T>;
  }

  async lock(run: Run, lock: SqlLock): Promise<void> {
    await run('select pg_advisory_xact_lock($1)', [LOCK_KEYS[lock]]);
  }

  async *pages(
    text: string,
    values: readonly SqlValue[],
    pageRows: number,
  ): AsyncIterable<readonly SqlRow[]> {
    const connection = await this.sql.reserve();
    try {
      const run = runOn(connection);
      await run('begin read only');
      try {
        await run(`declare answer no scroll cursor for ${text}`, values);
        for (;;) {
          const rows = await run(`fetch forward ${pageRows} from answer`);
          if (rows.length > 0) yield rows;
          if (rows.length < pageRows) return;
        }
      } finally {
        await run('rollback');
      }
    } finally {
      await connection.release();
    }
  }

  async close(): Promise<void> {
    await this.sql.close({ timeout: 5 });
  }
}
