import type { SQL } from 'bun';

/** Values that both engines take and give. Integers of PostgreSQL come as text: read them with `Number`. */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs one statement. Placeholders are `$1 … $n`, whatever the engine calls them. */
export type Run = (text: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** What is held until the end of a transaction, so that several nodes take turns. */
export type SqlLock = 'migration' | 'usage';

/** The connections of one engine: everything in which SQLite and PostgreSQL differ. */
export interface Engine {
  /** Column types. */
  readonly types: { readonly identity: string; readonly integer: string; readonly blob: string };
  /** What follows the column list of a table that is read by its primary key. */
  readonly clustered: string;
  /** Opens the connections; rejects when the database cannot be reached. */
  connect(): Promise<void>;
  /** A reading statement outside any transaction. */
  readonly read: Run;
  /** All or nothing. Transactions that write are one at a time on SQLite. */
  transaction<T>(body: (run: Run) => Promise<T>): Promise<T>;
  /** Inside a transaction: waits until no other transaction, on whatever node, holds the lock. */
  lock(run: Run, lock: SqlLock): Promise<void>;
  /** The rows of a reading statement in pages, without ever holding all of them. */
  pages(text: string, values: readonly SqlValue[], pageRows: number): AsyncIterable<readonly SqlRow[]>;
  close(): Promise<void>;
}

/** Runs a statement on a connection of Bun's. */
export function runOn(sql: SQL, rewrite: (text: string) => string = (text) => text): Run {
  return async (text, values = []) => {
    // An array of Bun's own, whose further properties nobody needs.
    const rows: SqlRow[] = await sql.unsafe(rewrite(text), values as unknown[]);
    return rows;
  };
}
