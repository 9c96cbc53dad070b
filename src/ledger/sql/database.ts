import { LedgerUnavailable } from '../contracts.ts';
import type { Engine, Run, SqlRow, SqlValue } from './dialect.ts';
import { migrate } from './migrations.ts';

/**
 * The way to the engine for every store: opens on first use and after a failed try, so that a database that was away
 * at start is simply there later, and says `LedgerUnavailable` for whatever the engine throws.
 */
export class Database {
  private opening: Promise<void> | undefined;
  private closed = false;

  constructor(readonly engine: Engine) {}

  /** Connects and migrates, once. */
  open(): Promise<void> {
    if (this.closed) return Promise.reject(new LedgerUnavailable('the ledger is closed'));
    this.opening ??= this.connect().catch((error: unknown) => {
      this.opening = undefined;
      throw unavailable(error);
    });
    return this.opening;
  }

  readonly read: Run = async (text, values) => {
    await this.open();
    return this.engine.read(text, values).catch((error: unknown) => {
      throw unavailable(error);
    });
  };

  async transaction<T>(body: (run: Run) => Promise<T>): Promise<T> {
    await this.open();
    return this.engine.transaction(body).catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  async *pages(
    text: string,
    values: readonly SqlValue[],
    pageRows: number,
  ): AsyncIterable<readonly SqlRow[]> {
    await this.open();
    try {
      yield* this.engine.pages(text, values, pageRows);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.opening?.catch(() => {});
    await this.engine.close();
  }

  private async connect(): Promise<void> {
    await this.engine.connect();
    await migrate(this.engine);
  }
}

function unavailable(error: unknown): Error {
  if (error instanceof LedgerUnavailable || error instanceof RangeError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new LedgerUnavailable(`the ledger's database failed: ${reason}`, { cause: error });
}
