import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SQL } from 'bun';
import { type Engine, type Run, runOn, type SqlRow, type SqlValue } from './dialect.ts';

/** How long a statement waits for another process that writes, in ms. */
const BUSY_TIMEOUT_MS = 5_000;

/** `$1` is a name to SQLite, numbered by first appearance; `?1` is what the other engine means by `$1`. */
const numbered = (text: string): string => text.replace(/\$(\d+)/g, '?$1');

/**
 * SQLite in WAL mode. Statements run on the calling thread, so this belongs on a thread of its own
 * (`worker-ledger.ts`). Two connections: Bun lets every statement of a connection run inside the transaction that
 * happens to be open on it, so readers have their own, and writers queue.
 */
export class SqliteEngine implements Engine {
  readonly types = { identity: 'integer primary key autoincrement', integer: 'integer', blob: 'blob' };
  readonly clustered = 'without rowid';
  private writer: SQL | undefined;
  private reader: SQL | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private answers = 0;

  constructor(private readonly path: string) {
    if (path === '' || path === ':memory:')
      throw new RangeError('the SQLite ledger needs the path of a file');
  }

  async connect(): Promise<void> {
    mkdirSync(dirname(this.path), { recursive: true });
    this.writer ??= await this.connection();
    this.reader ??= await this.connection();
  }

  readonly read: Run = (text, values) => runOn(opened(this.reader), numbered)(text, values);

  transaction<T>(body: (run: Run) => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => {
      const writer = opened(this.writer);
      return writer.begin('immediate', (transaction) => body(runOn(transaction, numbered))) as Promise<T>;
    });
    this.turn = mine.catch(() => {});
    return mine;
  }

  /** An immediate transaction is the only one that writes: there is nothing else to wait for. */
  async lock(): Promise<void> {}

  /** The answer is laid down in a temporary table first: Bun has no cursor for SQLite. */
  async *pages(
    text: string,
    values: readonly SqlValue[],
    pageRows: number,
  ): AsyncIterable<readonly SqlRow[]> {
    const table = `answer_${++this.answers}`;
    await this.read(`create temp table ${table} as ${text}`, values);
    try {
      for (let after = 0; ; after += pageRows) {
        const rows = await this.read(`select * from ${table} where rowid > $1 order by rowid limit $2`, [
          after,
          pageRows,
        ]);
        if (rows.length > 0) yield rows;
        if (rows.length < pageRows) return;
      }
    } finally {
      await this.read(`drop table ${table}`);
    }
  }

  async close(): Promise<void> {
    await this.turn;
    const { writer, reader } = this;
    this.writer = undefined;
    this.reader = undefined;
    await reader?.close();
    await writer?.close();
  }

  private async connection(): Promise<SQL> {
    const sql = new SQL({ adapter: 'sqlite', filename: this.path, create: true });
    try {
      await sql.unsafe(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`);
      await sql.unsafe('pragma journal_mode = wal');
      await sql.unsafe('pragma synchronous = normal');
      await sql.unsafe('pragma foreign_keys = on');
      await sql.unsafe('pragma cache_size = -16000');
      return sql;
    } catch (error) {
      await sql.close();
      throw error;
    }
  }
}

function opened(sql: SQL | undefined): SQL {
  if (sql === undefined) throw new Error('the SQLite file is not open');
  return sql;
}
