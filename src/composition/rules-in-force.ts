import { isDeepStrictEqual } from 'node:util';
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
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

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
  /** Readings in a row that had no answer. */
  private failures = 0;
  /** What the rules in force were made of. */
  private inForce:
    | { readonly file: readonly AccessRule[]; readonly stored: readonly StoredRule[] }
    | undefined;

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

  /** As `apply`, when something may have changed; a ledger that is away is asked when its time has come. Never rejects. */
  async look(): Promise<void> {
    if (this.failures === 0) await this.apply().catch(() => {});
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
      this.answered();
    } catch (error) {
      if (!this.closed) this.failed(error);
      throw error;
    } finally {
      this.putInForce();
    }
  }

  /** Only what has changed: without Redis nodes read the rules every second, and each of them would begin anew. */
  private putInForce(): void {
    const { stored } = this;
    const file = [...this.options.file()];
    if (isDeepStrictEqual({ file, stored }, this.inForce)) return;
    this.options.replace(this.merged(file));
    this.inForce = { file, stored };
  }

  private answered(): void {
    if (this.failures > 0) this.options.log.info({ tries: this.failures }, 'the stored rules are read again');
    this.failures = 0;
  }

  /** Told once, until there is an answer again. */
  private failed(error: unknown): void {
    const { clock, log } = this.options;
    if (this.failures === 0) {
      const reason = error instanceof Error ? error.message : String(error);
      const message =
        'the stored rules cannot be read: those of the file and those known last are in force; it is tried again';
      log.error({ reason }, message);
    }
    const backoffMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.failures, 10));
    this.failures++;
    this.retry = clock.after(backoffMs, () => void this.apply().catch(() => {}));
  }

  /** Where both have an id, the file's counts. */
  private merged(file: readonly AccessRule[]): AccessRule[] {
    const { log } = this.options;
    const rules = [...file];
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
