import type {
  AuditFact,
  Author,
  RuleDelete,
  RuleDocument,
  RuleImport,
  RuleInsert,
  RuleStore,
  RuleUpdate,
  StoredRule,
} from '../../ledger/contracts.ts';

/** A rule store in memory that keeps the promises of the ledger: each change is atomic, and takes its time. */
export class MemoryRuleStore implements Omit<RuleStore, 'revision'> {
  private rules = new Map<string, StoredRule>();
  private revision = 0;

  constructor(private readonly audit: (fact: AuditFact) => void) {}

  current(): StoredRule[] {
    return [...this.rules.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async list(): Promise<StoredRule[]> {
    await latency();
    return this.current();
  }

  async get(id: string): Promise<StoredRule | undefined> {
    await latency();
    return this.rules.get(id);
  }

  async insert(document: RuleDocument, by: Author): Promise<RuleInsert> {
    await latency();
    if (this.rules.has(document.id)) return { kind: 'exists' };
    this.note('rule.create', document.id, undefined, document, by);
    return { kind: 'ok', rule: this.put(document, by) };
  }

  async update(
    id: string,
    expectedVersion: number | undefined,
    document: RuleDocument,
    by: Author,
  ): Promise<RuleUpdate> {
    await latency();
    const before = this.rules.get(id);
    if (before === undefined) return { kind: 'missing' };
    if (expectedVersion !== undefined && expectedVersion !== before.version)
      return { kind: 'stale', rule: before };
    this.note('rule.update', id, before.document, document, by);
    return { kind: 'ok', rule: this.put(document, by) };
  }

  async delete(id: string, expectedVersion: number | undefined, by: Author): Promise<RuleDelete> {
    await latency();
    const before = this.rules.get(id);
    if (before === undefined) return { kind: 'missing' };
    if (expectedVersion !== undefined && expectedVersion !== before.version)
      return { kind: 'stale', rule: before };
    this.note('rule.delete', id, before.document, undefined, by);
    this.rules.delete(id);
    return { kind: 'ok' };
  }

  async importAll(
    documents: readonly RuleDocument[],
    mode: 'merge' | 'replace',
    by: Author,
  ): Promise<RuleImport> {
    await latency();
    const ids = new Set(documents.map(({ id }) => id));
    if (ids.size < documents.length) throw new RangeError('a rule id is there twice');
    const gone = mode === 'merge' ? [] : [...this.rules.keys()].filter((id) => !ids.has(id));
    const report = { created: 0, updated: 0, unchanged: 0, deleted: gone.length };
    this.note('rules.import', 'rules', undefined, undefined, by);
    for (const id of gone) this.rules.delete(id);
    for (const document of documents) {
      const before = this.rules.get(document.id);
      if (before === undefined) report.created++;
      else if (JSON.stringify(before.document) === JSON.stringify(document)) {
        report.unchanged++;
        continue;
      } else report.updated++;
      this.put(document, by);
    }
    return report;
  }

  private put(document: RuleDocument, by: Author): StoredRule {
    const { id } = document;
    const createdAtMs = this.rules.get(id)?.createdAtMs ?? by.atMs;
    const rule = { id, version: ++this.revision, createdAtMs, updatedAtMs: by.atMs, document };
    this.rules.set(id, rule);
    return rule;
  }

  private note(
    action: string,
    id: string,
    before: RuleDocument | undefined,
    after: RuleDocument | undefined,
    by: Author,
  ): void {
    this.audit({ atMs: by.atMs, actor: by.actor, action, subject: `rule/${id}`, before, after });
  }
}

/** Long enough for other requests to come between. */
async function latency(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
