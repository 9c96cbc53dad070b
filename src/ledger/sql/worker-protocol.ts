import type { UsageAnswer, UsageRow } from '../contracts.ts';

/** What the gateway's thread asks of the ledger's thread, and what comes back. Everything is cloned on its way. */

export type LedgerRequest =
  /** The first: the path of the database's file. */
  | { readonly id: number; readonly call: 'begin'; readonly path: string }
  | { readonly id: number; readonly call: 'method'; readonly path: string; readonly args: readonly unknown[] }
  /** The next rows of an answer. */
  | { readonly id: number; readonly call: 'next'; readonly answer: number }
  /** The reader has gone. */
  | { readonly id: number; readonly call: 'stop'; readonly answer: number };

export interface WorkerFailure {
  readonly kind: 'unavailable' | 'range' | 'defect';
  readonly message: string;
}

export type LedgerReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: WorkerFailure };

/** A usage answer without its rows, which come page by page. */
export type WorkerAnswer =
  | Exclude<UsageAnswer, { kind: 'rows' }>
  | { readonly kind: 'rows'; readonly fromMs: number; readonly toMs: number; readonly answer: number };

/** Undefined: there are no more. */
export type WorkerPage = readonly UsageRow[] | undefined;
