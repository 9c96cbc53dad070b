import type { StoredRule } from '../ledger/contracts.ts';
import type { AccessRule } from '../policies/access/rule.ts';
import { readRuleDocument } from '../server/admin/resources/rule-document.ts';
import type { Clock, Timer } from '../shared/clock.ts';

export interface RulesInForceOptions {
  readonly clock: Clock;
  readonly store: { list(): Promise<readonly StoredRule[]> };
  /** Rules of the configuration that is in force. */
  readonly file: () => readonly AccessRule[];
  readonly replace: (rules: readonly AccessRule[]) => void;
  readonly log: {
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
}

const RETRY_MS = 1_000;

/**
 * Puts the rules of the file and of the ledger in force. The ledger is read one time after another, since an answer
 * that was overtaken by a later one would take a change back; callers that come meanwhile share the next reading.
 */
export class RulesInForce {
  private readonly options: RulesInForceOptions;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private stored: readonly StoredRule[] = [];
  private retry: Timer | undefined;
  private closed = false;

  constructor(options: RulesInForceOptions) {
    this.options = options;
  }

  /**
   * Resolves once every rule that is stored now is in force. Rejects when the ledger does not answer: the rules of
   * the file and the stored ones known last are in force then, and the reading is tried again until it succeeds.
   */
  apply(): Promise<void> {
    if (this.running === undefined) return this.begin();
    this.next ??= this.running.then(
      () => this.begin(),
      () => this.begin(),
    );
    return this.next;
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
  }

  private begin(): Promise<void> {
    this.next = undefined;
    const reading = this.read().finally(() => {
      if (this.running === reading) this.running = undefined;
    });
    this.running = reading;
    return reading;
  }

  private async read(): Promise<void> {
    this.retry?.cancel();
    try {
      this.stored = await this.options.store.list();
    } catch (error) {
      if (!this.closed) {
        this.retry = this.options.clock.after(RETRY_MS, () => void this.apply().catch(() => {}));
      }
      throw error;
    } finally {
      this.options.replace(this.merged());
    }
  }

  /** Where both have an id, the file's counts. */
  private merged(): AccessRule[] {
    const { file, log } = this.options;
    const rules = [...file()];
    const taken = new Set(rules.map(({ id }) => id));
    for (const { id, document } of this.stored) {
      const read = readRuleDocument(document);
      if (taken.has(id)) log.warn({ rule: id }, 'a stored rule is hidden by one of the file');
      else if (read.success) rules.push(read.data);
      else log.error({ rule: id }, 'a stored rule cannot be read and is not in force');
    }
    return rules;
  }
}
