import type { UsageDimension, UsageSink } from '../usage/rollup.ts';

/**
 * Durable state, as the rest of Comporta sees it: access rules, the audit log and usage. `sql/` keeps it in SQLite
 * or PostgreSQL; test/contract/ledger.contract.ts holds both to this file. Times are wall-clock ms since the epoch.
 * While the database is away every method rejects with `LedgerUnavailable`, and works again when it is back.
 */
export interface Ledger {
  /** Connects and brings the schema up to date. Rejects when it cannot; may be called again. */
  open(): Promise<void>;
  readonly rules: RuleStore;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  /** Waits for what is under way. Nothing works afterwards. */
  close(): Promise<void>;
}

/** The database cannot be reached, or did not do what it was asked. The cause is for the log. */
export class LedgerUnavailable extends Error {
  override readonly name = 'LedgerUnavailable';
  readonly code = 'ledger_unavailable';
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A rule as its owner wrote it. The store looks at nothing but the id. */
export interface RuleDocument {
  /** 1 … 128 characters, no control characters; unique. */
  readonly id: string;
  readonly [field: string]: JsonValue;
}

export interface StoredRule {
  readonly id: string;
  /** Rises with every change and is never used again, not even by a rule made anew under the same id: for ETags. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly document: RuleDocument;
}

/** Who changes something, and when: each change and its audit entry are one transaction. */
export interface Author {
  readonly actor: string;
  readonly atMs: number;
}

export type RuleInsert = { readonly kind: 'ok'; readonly rule: StoredRule } | { readonly kind: 'exists' };
export type RuleUpdate =
  | { readonly kind: 'ok'; readonly rule: StoredRule }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly rule: StoredRule };
export type RuleDelete =
  | { readonly kind: 'ok' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale'; readonly rule: StoredRule };

export interface RuleImport {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/** Access rules as JSON documents. Throws RangeError for an id or a size that is out of bounds (64 KB). */
export interface RuleStore {
  /** All of them, by id. */
  list(): Promise<StoredRule[]>;
  get(id: string): Promise<StoredRule | undefined>;
  insert(document: RuleDocument, by: Author): Promise<RuleInsert>;
  /** `expectedVersion` undefined: whatever is there. A changed id in the document is a RangeError. */
  update(
    id: string,
    expectedVersion: number | undefined,
    document: RuleDocument,
    by: Author,
  ): Promise<RuleUpdate>;
  delete(id: string, expectedVersion: number | undefined, by: Author): Promise<RuleDelete>;
  /** All or nothing. `replace` also deletes the rules that are not in the list. Duplicate ids are a RangeError. */
  importAll(documents: readonly RuleDocument[], mode: 'merge' | 'replace', by: Author): Promise<RuleImport>;
  /** Rises with every change, by whichever node; the same when an edit changed nothing. */
  revision(): Promise<number>;
}

export interface AuditFact {
  readonly atMs: number;
  /** At most 256 characters, as are `action` and `subject`; longer ones are cut. */
  readonly actor: string;
  /** Such as `rule.create`, `breaker.force`. */
  readonly action: string;
  /** What it was done to, such as `rule/slow-down`. */
  readonly subject: string;
  /** Undefined: there was nothing before, or there is nothing after. */
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

export interface AuditEntry extends AuditFact {
  /** Rises with every entry. */
  readonly id: number;
}

export interface AuditQuery {
  /** 1 … 1,000; 100 when absent. */
  readonly limit?: number | undefined;
  /** Only older entries: the last id of the page before. */
  readonly beforeId?: number | undefined;
  /** Exact, as are the next two. */
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
}

export interface AuditLog {
  append(fact: AuditFact): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEntry[]>;
  /** Deletes what is older than `olderThanMs`, and all but the newest `keepEntries`. Answers how many. */
  prune(limits: { readonly olderThanMs: number; readonly keepEntries: number }): Promise<number>;
}

export type UsageBucket = '1m' | '1h' | '1d';

export interface UsageQuery {
  /** From this moment (inclusive) … */
  readonly fromMs: number;
  /** … to this one (exclusive). Both move outwards to the buckets that hold them. */
  readonly toMs: number;
  /** Undefined: one row a group for the whole range. Days are UTC. */
  readonly bucket?: UsageBucket | undefined;
  readonly groupBy: readonly UsageDimension[];
  /** Only these values; at most 100 of each. `status` is written `2xx` … `5xx`, or `none`. */
  readonly filters?: Partial<Readonly<Record<UsageDimension, readonly string[]>>> | undefined;
  /** Order of the groups, greatest first, inside each bucket; `count` when absent. */
  readonly orderBy?: 'count' | 'bytes' | 'errors' | 'refused' | undefined;
  /** The greatest so many groups of each bucket; undefined: all. */
  readonly limit?: number | undefined;
}

/** Latency in ms; percentiles are interpolated inside a bucket of the histogram. */
export interface LatencySummary {
  readonly count: number;
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface UsageRow {
  /** Start of the bucket; undefined when the query named none. */
  readonly startMs: number | undefined;
  readonly group: Partial<Readonly<Record<UsageDimension, string>>>;
  readonly count: number;
  /** Every outcome but `success`. */
  readonly errors: number;
  readonly refused: number;
  /** Answered from the cache, fresh or stale. */
  readonly hits: number;
  readonly bytes: number;
  readonly total: LatencySummary;
  /** Known only where neither client nor path takes part. */
  readonly queue: LatencySummary | undefined;
  readonly upstream: LatencySummary | undefined;
}

export type UsageAnswer =
  | {
      readonly kind: 'rows';
      /** The range that the rows cover: that of the query, moved outwards to buckets that are kept. */
      readonly fromMs: number;
      readonly toMs: number;
      /** By bucket, then by `orderBy`. Read page by page; stopping early frees what it holds. */
      readonly rows: AsyncIterable<UsageRow>;
    }
  | {
      /** No table has these dimensions together. */
      readonly kind: 'unsupported';
      readonly dimensions: readonly UsageDimension[];
      readonly supported: ReadonlyArray<readonly UsageDimension[]>;
    };

/** How long each resolution is kept, in ms. A row is deleted only when the next coarser one has it. */
export interface UsageRetention {
  readonly minutesMs: number;
  readonly hoursMs: number;
  readonly daysMs: number;
}

export const DEFAULT_RETENTION: UsageRetention = {
  minutesMs: 2 * 86_400_000,
  hoursMs: 35 * 86_400_000,
  daysMs: 400 * 86_400_000,
};

export interface MaintenanceReport {
  readonly hoursRolled: number;
  readonly daysRolled: number;
  readonly rowsDeleted: number;
}

export interface UsageStore extends UsageSink {
  /** Throws RangeError when the range, the limit or the filters are out of bounds. */
  query(query: UsageQuery): Promise<UsageAnswer>;
  /** Rolls finished hours and days up and deletes what is past its time. Several nodes may call it at once. */
  maintain(nowMs: number, retention: UsageRetention): Promise<MaintenanceReport>;
}
