import { LedgerUnavailable, type UsageRow } from '../contracts.ts';
import { SqlLedger } from './ledger.ts';
import { SqliteEngine } from './sqlite.ts';
import type {
  LedgerReply,
  LedgerRequest,
  WorkerAnswer,
  WorkerFailure,
  WorkerPage,
} from './worker-protocol.ts';

/** The thread that SQLite runs on: see `worker-ledger.ts`. */

declare const self: Worker;

const PAGE_ROWS = 500;
/** Answers that are being read at once; the oldest is given up, as its reader has most likely gone. */
const MAX_ANSWERS = 32;

let ledger: SqlLedger;
const answers = new Map<number, AsyncIterator<UsageRow>>();
let lastAnswer = 0;

const methods: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
  open: () => ledger.open(),
  close: () => ledger.close(),
  'rules.list': () => ledger.rules.list(),
  'rules.get': (...args: Parameters<SqlLedger['rules']['get']>) => ledger.rules.get(...args),
  'rules.insert': (...args: Parameters<SqlLedger['rules']['insert']>) => ledger.rules.insert(...args),
  'rules.update': (...args: Parameters<SqlLedger['rules']['update']>) => ledger.rules.update(...args),
  'rules.delete': (...args: Parameters<SqlLedger['rules']['delete']>) => ledger.rules.delete(...args),
  'rules.importAll': (...args: Parameters<SqlLedger['rules']['importAll']>) =>
    ledger.rules.importAll(...args),
  'rules.revision': () => ledger.rules.revision(),
  'audit.append': (...args: Parameters<SqlLedger['audit']['append']>) => ledger.audit.append(...args),
  'audit.list': (...args: Parameters<SqlLedger['audit']['list']>) => ledger.audit.list(...args),
  'audit.prune': (...args: Parameters<SqlLedger['audit']['prune']>) => ledger.audit.prune(...args),
  'usage.upsert': (...args: Parameters<SqlLedger['usage']['upsert']>) => ledger.usage.upsert(...args),
  'usage.maintain': (...args: Parameters<SqlLedger['usage']['maintain']>) => ledger.usage.maintain(...args),
  'usage.query': query,
};

async function query(...args: Parameters<SqlLedger['usage']['query']>): Promise<WorkerAnswer> {
  const answered = await ledger.usage.query(...args);
  if (answered.kind !== 'rows') return answered;
  const { kind, fromMs, toMs, rows } = answered;
  const answer = ++lastAnswer;
  answers.set(answer, rows[Symbol.asyncIterator]());
  for (const oldest of answers.keys()) {
    if (answers.size <= MAX_ANSWERS) break;
    await stop(oldest);
  }
  return { kind, fromMs, toMs, answer };
}

async function next(answer: number): Promise<WorkerPage> {
  const rows = answers.get(answer);
  if (rows === undefined) throw new LedgerUnavailable('too many answers were being read at once; ask again');
  const page: UsageRow[] = [];
  while (page.length < PAGE_ROWS) {
    const { done, value } = await rows.next();
    if (done) break;
    page.push(value);
  }
  if (page.length === 0) answers.delete(answer);
  return page.length === 0 ? undefined : page;
}

async function stop(answer: number): Promise<void> {
  const rows = answers.get(answer);
  answers.delete(answer);
  await rows?.return?.();
}

async function perform(request: LedgerRequest): Promise<unknown> {
  if (request.call === 'begin') {
    ledger = new SqlLedger(new SqliteEngine(request.path));
    return undefined;
  }
  if (request.call === 'next') return next(request.answer);
  if (request.call === 'stop') return stop(request.answer);
  const method = methods[request.path];
  if (method === undefined) throw new Error(`there is no ${request.path}`);
  return method(...(request.args as never[]));
}

function failureOf(error: unknown): WorkerFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LedgerUnavailable) return { kind: 'unavailable', message };
  return { kind: error instanceof RangeError ? 'range' : 'defect', message };
}

self.onmessage = (event: MessageEvent<LedgerRequest>) => {
  const { id } = event.data;
  const reply = (answer: LedgerReply) => self.postMessage(answer);
  perform(event.data).then(
    (value) => reply({ id, ok: true, value }),
    (error: unknown) => reply({ id, ok: false, failure: failureOf(error) }),
  );
};
