import type {
  Author,
  JsonValue,
  RuleDelete,
  RuleDocument,
  RuleImport,
  RuleInsert,
  RuleStore,
  RuleUpdate,
  StoredRule,
} from '../contracts.ts';
import { writeAudit } from './audit.ts';
import type { Database } from './database.ts';
import type { Run, SqlRow } from './dialect.ts';

const MAX_DOCUMENT_CHARS = 65_536;
const RULE_ID = /^[^\p{Cc}\p{Cs}]{1,128}$/u;

/**
 * Access rules. Every change begins with the revision, whose row makes writers take turns: what is read after it is
 * what the change is made to, on both engines, and no two lock rules in different orders. The revision is also the
 * version of what was changed, so that a rule deleted and made anew never has a version that it had before.
 */
export class SqlRuleStore implements RuleStore {
  constructor(private readonly database: Database) {}

  async list(): Promise<StoredRule[]> {
    const rows = (await this.database.read('select * from ledger_rule')).map(ruleOf);
    // Not `order by`: the engines' collations differ.
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: string): Promise<StoredRule | undefined> {
    return RULE_ID.test(id) ? find(this.database.read, id) : Promise.resolve(undefined);
  }

  insert(document: RuleDocument, by: Author): Promise<RuleInsert> {
    const json = checked(document);
    return this.change(async (run, revision) => {
      if ((await find(run, document.id)) !== undefined) return { kind: 'exists' };
      return { kind: 'ok', rule: await create(run, document, json, by, revision) };
    });
  }

  update(
    id: string,
    expectedVersion: number | undefined,
    document: RuleDocument,
    by: Author,
  ): Promise<RuleUpdate> {
    if (document.id !== id) throw new RangeError(`the rule ${id} cannot become ${document.id}`);
    const json = checked(document);
    return this.change(async (run, revision) => {
      const before = await find(run, id);
      if (before === undefined) return { kind: 'missing' };
      if (isStale(before, expectedVersion)) return { kind: 'stale', rule: before };
      return { kind: 'ok', rule: await replace(run, before, document, json, by, revision) };
    });
  }

  delete(id: string, expectedVersion: number | undefined, by: Author): Promise<RuleDelete> {
    return this.change(async (run) => {
      const before = RULE_ID.test(id) ? await find(run, id) : undefined;
      if (before === undefined) return { kind: 'missing' };
      if (isStale(before, expectedVersion)) return { kind: 'stale', rule: before };
      await remove(run, before, by);
      return { kind: 'ok' };
    });
  }

  importAll(documents: readonly RuleDocument[], mode: 'merge' | 'replace', by: Author): Promise<RuleImport> {
    const jsons = new Map(documents.map((document) => [document.id, checked(document)]));
    if (jsons.size < documents.length) throw new RangeError('a rule id is there twice');
    return this.database.transaction(async (run) => {
      const revision = await bump(run, 1);
      const existing = new Map(
        (await run('select * from ledger_rule')).map(ruleOf).map((rule) => [rule.id, rule]),
      );
      const report = { created: 0, updated: 0, unchanged: 0, deleted: 0 };
      for (const document of documents) {
        const json = jsons.get(document.id)!;
        const before = existing.get(document.id);
        existing.delete(document.id);
        if (before === undefined) {
          await create(run, document, json, by, revision);
          report.created++;
        } else if (JSON.stringify(before.document) === json) {
          report.unchanged++;
        } else {
          await replace(run, before, document, json, by, revision);
          report.updated++;
        }
      }
      if (mode === 'replace') {
        for (const rule of existing.values()) {
          await remove(run, rule, by);
          report.deleted++;
        }
      }
      if (report.created + report.updated + report.deleted === 0) await bump(run, -1);
      return report;
    });
  }

  async revision(): Promise<number> {
    const [row] = await this.database.read("select value from ledger_counter where name = 'rules'");
    return Number(row?.value ?? 0);
  }

  private change<T extends { kind: string }>(body: (run: Run, revision: number) => Promise<T>): Promise<T> {
    return this.database.transaction(async (run) => {
      const result = await body(run, await bump(run, 1));
      if (result.kind !== 'ok') await bump(run, -1);
      return result;
    });
  }
}

const isStale = (rule: StoredRule, expectedVersion: number | undefined): boolean =>
  expectedVersion !== undefined && rule.version !== expectedVersion;

async function bump(run: Run, by: number): Promise<number> {
  const [row] = await run(
    "update ledger_counter set value = value + $1 where name = 'rules' returning value",
    [by],
  );
  return Number(row!.value);
}

async function find(run: Run, id: string): Promise<StoredRule | undefined> {
  const [row] = await run('select * from ledger_rule where id = $1', [id]);
  return row && ruleOf(row);
}

async function create(
  run: Run,
  document: RuleDocument,
  json: string,
  by: Author,
  version: number,
): Promise<StoredRule> {
  await run(
    'insert into ledger_rule (id, version, created_ms, updated_ms, document) values ($1, $2, $3, $4, $5)',
    [document.id, version, by.atMs, by.atMs, json],
  );
  await audit(run, by, 'rule.create', document.id, undefined, document);
  return { id: document.id, version, createdAtMs: by.atMs, updatedAtMs: by.atMs, document };
}

async function replace(
  run: Run,
  before: StoredRule,
  document: RuleDocument,
  json: string,
  by: Author,
  version: number,
): Promise<StoredRule> {
  await run('update ledger_rule set version = $1, updated_ms = $2, document = $3 where id = $4', [
    version,
    by.atMs,
    json,
    before.id,
  ]);
  await audit(run, by, 'rule.update', before.id, before.document, document);
  return { ...before, version, updatedAtMs: by.atMs, document };
}

async function remove(run: Run, before: StoredRule, by: Author): Promise<void> {
  await run('delete from ledger_rule where id = $1', [before.id]);
  await audit(run, by, 'rule.delete', before.id, before.document, undefined);
}

async function audit(
  run: Run,
  { actor, atMs }: Author,
  action: string,
  id: string,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Promise<void> {
  await writeAudit(run, { atMs, actor, action, subject: `rule/${id}`, before, after });
}

/** The document as JSON, which escapes whatever text columns do not take. */
function checked(document: RuleDocument): string {
  if (!RULE_ID.test(document.id)) {
    throw new RangeError('a rule id has 1 to 128 characters, none of them a control character');
  }
  const json = JSON.stringify(document);
  if (json.length > MAX_DOCUMENT_CHARS) {
    throw new RangeError(
      `the rule ${document.id} has ${json.length} characters, more than ${MAX_DOCUMENT_CHARS}`,
    );
  }
  return json;
}

function ruleOf(row: SqlRow): StoredRule {
  return {
    id: String(row.id),
    version: Number(row.version),
    createdAtMs: Number(row.created_ms),
    updatedAtMs: Number(row.updated_ms),
    document: JSON.parse(String(row.document)) as RuleDocument,
  };
}
