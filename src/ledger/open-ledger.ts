import { resolve } from 'node:path';
import type { Ledger } from './contracts.ts';
import { SqlLedger } from './sql/ledger.ts';
import { PostgresEngine } from './sql/postgres.ts';
import { WorkerLedger } from './sql/worker-ledger.ts';

/**
 * The ledger that a URL names: `sqlite://./data/comporta.db`, `sqlite:///var/lib/comporta.db` or `postgres://…`.
 * Connects to nothing yet. Throws RangeError for any other URL.
 */
export function ledgerAt(url: string): Ledger {
  if (url.startsWith('sqlite://')) return new WorkerLedger(pathOf(url));
  if (/^postgres(ql)?:\/\//.test(url)) return new SqlLedger(new PostgresEngine(url));
  throw new RangeError('the ledger must be sqlite://<path> or postgres://…');
}

function pathOf(url: string): string {
  const path = url.slice('sqlite://'.length);
  if (path === '' || path === ':memory:') throw new RangeError('sqlite:// needs the path of a file');
  return resolve(path);
}
