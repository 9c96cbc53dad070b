import type { AuditEntry, AuditFact, AuditLog, AuditQuery, JsonValue } from '../contracts.ts';
import type { Database } from './database.ts';
import type { Run, SqlRow, SqlValue } from './dialect.ts';
import { storable } from './text.ts';

const MAX_CHARS = 256;
/** A rule is at most 64 KB; whatever else is audited is smaller. */
const MAX_JSON_CHARS = 131_072;
const MAX_PAGE = 1_000;

export class SqlAuditLog implements AuditLog {
  constructor(private readonly database: Database) {}

  append(fact: AuditFact): Promise<void> {
    return this.database.transaction((run) => writeAudit(run, fact));
  }

  async list({ limit = 100, beforeId, ...exact }: AuditQuery): Promise<AuditEntry[]> {
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
      throw new RangeError(`limit ${limit} must be 1 to ${MAX_PAGE}`);
    }
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    if (beforeId !== undefined) conditions.push(`id < $${values.push(beforeId)}`);
    for (const column of ['subject', 'action', 'actor'] as const) {
      const wanted = exact[column];
      if (wanted === undefined) continue;
      conditions.push(`${column} = $${values.push(storable(wanted, MAX_CHARS))}`);
    }
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
    const rows = await this.database.read(
      `select * from ledger_audit ${where} order by id desc limit ${limit}`,
      values,
    );
    return rows.map(entryOf);
  }

  prune({ olderThanMs, keepEntries }: { olderThanMs: number; keepEntries: number }): Promise<number> {
    return this.database.transaction(async (run) => {
      const deleted = await run(
        `delete from ledger_audit where at_ms < $1 or id <= coalesce(
          (select id from ledger_audit order by id desc limit 1 offset ${Math.max(0, Math.floor(keepEntries))}), 0)
        returning id`,
        [olderThanMs],
      );
      return deleted.length;
    });
  }
}

/** Part of the transaction that makes the change. */
export async function writeAudit(run: Run, fact: AuditFact): Promise<void> {
  const { atMs, actor, action, subject, before, after } = fact;
  await run(
    `insert into ledger_audit (at_ms, actor, action, subject, before_json, after_json)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      atMs,
      storable(actor, MAX_CHARS),
      storable(action, MAX_CHARS),
      storable(subject, MAX_CHARS),
      jsonOf(before),
      jsonOf(after),
    ],
  );
}

function jsonOf(value: JsonValue | undefined): string | null {
  if (value === undefined) return null;
  const json = JSON.stringify(value);
  if (json.length > MAX_JSON_CHARS) throw new RangeError(`an audited value has ${json.length} characters`);
  return json;
}

function entryOf(row: SqlRow): AuditEntry {
  const parsed = (json: unknown): JsonValue | undefined =>
    typeof json === 'string' ? (JSON.parse(json) as JsonValue) : undefined;
  return {
    id: Number(row.id),
    atMs: Number(row.at_ms),
    actor: String(row.actor),
    action: String(row.action),
    subject: String(row.subject),
    before: parsed(row.before_json),
    after: parsed(row.after_json),
  };
}
