import {
  type AuditLog,
  type Ledger,
  LedgerUnavailable,
  type RuleStore,
  type UsageAnswer,
  type UsageQuery,
  type UsageRow,
  type UsageStore,
} from '../contracts.ts';
import type {
  LedgerReply,
  LedgerRequest,
  WorkerAnswer,
  WorkerFailure,
  WorkerPage,
} from './worker-protocol.ts';

type Call = LedgerRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id'>
    : never
  : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * SQLite on a thread of its own. Bun runs it synchronously: on the gateway's thread a flush of 20,000 rows would
 * stop every request for tens of ms, a report over a day for hundreds, and a busy file for seconds
 * (bench/ledger.ts shows both). Over here that is a message each.
 */
export class WorkerLedger implements Ledger {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private closed = false;

  constructor(private readonly path: string) {
    if (path === '' || path === ':memory:')
      throw new RangeError('the SQLite ledger needs the path of a file');
  }

  open(): Promise<void> {
    return this.method('open');
  }

  readonly rules: RuleStore = {
    list: () => this.method('rules.list'),
    get: (...args) => this.method('rules.get', args),
    insert: (...args) => this.method('rules.insert', args),
    update: (...args) => this.method('rules.update', args),
    delete: (...args) => this.method('rules.delete', args),
    importAll: (...args) => this.method('rules.importAll', args),
    revision: () => this.method('rules.revision'),
  };

  readonly audit: AuditLog = {
    append: (...args) => this.method('audit.append', args),
    list: (...args) => this.method('audit.list', args),
    prune: (...args) => this.method('audit.prune', args),
  };

  readonly usage: UsageStore = {
    upsert: (...args) => this.method('usage.upsert', args),
    maintain: (...args) => this.method('usage.maintain', args),
    query: (query) => this.query(query),
  };

  async close(): Promise<void> {
    if (this.closed) return;
    if (this.worker !== undefined) await this.method('close');
    this.closed = true;
    this.worker?.terminate();
    this.worker = undefined;
  }

  private async query(query: UsageQuery): Promise<UsageAnswer> {
    const answered = await this.method<WorkerAnswer>('usage.query', [query]);
    if (answered.kind !== 'rows') return answered;
    const { kind, fromMs, toMs, answer } = answered;
    return { kind, fromMs, toMs, rows: this.rows(answer) };
  }

  private async *rows(answer: number): AsyncGenerator<UsageRow> {
    try {
      for (;;) {
        const page = await this.ask<WorkerPage>({ call: 'next', answer });
        if (page === undefined) return;
        yield* page;
      }
    } finally {
      await this.ask({ call: 'stop', answer }).catch(() => {});
    }
  }

  private method<T>(path: string, args: readonly unknown[] = []): Promise<T> {
    return this.ask({ call: 'method', path, args });
  }

  private ask<T>(call: Call): Promise<T> {
    if (this.closed) return Promise.reject(new LedgerUnavailable('the ledger is closed'));
    this.worker ??= this.start();
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.worker?.postMessage({ id, ...call });
    });
  }

  private start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.onmessage = (event: MessageEvent<LedgerReply>) => {
      const reply = event.data;
      const waiting = this.waiting.get(reply.id);
      this.waiting.delete(reply.id);
      if (reply.ok) waiting?.resolve(reply.value);
      else waiting?.reject(errorOf(reply.failure));
    };
    worker.onerror = (event) => this.lost(event.message);
    worker.addEventListener('close', () => this.lost('its thread has ended'));
    worker.postMessage({ id: 0, call: 'begin', path: this.path } satisfies LedgerRequest);
    return worker;
  }

  /** The thread is gone: nobody knows what became of its requests. The next one starts it again. */
  private lost(reason: string): void {
    this.worker = undefined;
    const error = new LedgerUnavailable(`the ledger failed: ${reason}`);
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

function errorOf({ kind, message }: WorkerFailure): Error {
  if (kind === 'unavailable') return new LedgerUnavailable(message);
  return kind === 'range' ? new RangeError(message) : new Error(message);
}
