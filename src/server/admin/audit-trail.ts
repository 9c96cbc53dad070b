import type { AuditFact, AuditLog, JsonValue } from '../../ledger/contracts.ts';
import type { Timeline } from '../../live/timeline.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Actor } from './guard/guard.ts';
import { AdminProblem } from './problems.ts';

/** One change, as the audit log is told of it. */
export interface Change {
  /** Such as `breaker.force`. */
  readonly action: string;
  /** What it was done to, such as `upstream/score`. */
  readonly subject: string;
  readonly before?: JsonValue | undefined;
  readonly after?: JsonValue | undefined;
}

/** Changes that may wait to be written. */
const MOST_PENDING = 1_000;
const RETRY_MS = 5_000;

/**
 * Writes changes to the audit log, in their order. An operator must be able to pause an upstream while the database
 * is away, so changes then wait here, bounded; when as many wait as may, no further change is made. Changes of rules
 * are not among them: those are written together with their audit entry by the rule store. Each change is a line of
 * the timeline at once, also while it waits.
 */
export class AuditTrail {
  private pending: AuditFact[] = [];
  private writing: Promise<void> | undefined;
  private retry: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly log: Pick<AuditLog, 'append'>,
    private readonly onDefect: (error: unknown) => void,
    private readonly timeline?: Pick<Timeline, 'note'>,
  ) {}

  /** How many changes wait to be written. */
  get waiting(): number {
    return this.pending.length;
  }

  /** Throws `ledger_unavailable` when no further change could be recorded. Call it before making one. */
  requireRoom(): void {
    if (this.pending.length < MOST_PENDING) return;
    throw new AdminProblem('ledger_unavailable', {
      detail: `${MOST_PENDING} changes wait to be written to the audit log; no more can be made until they are.`,
    });
  }

  /** Resolves when the change is written, or waits to be. */
  async record(actor: Actor, { action, subject, before, after }: Change): Promise<void> {
    const atMs = this.clock.wallNow();
    const upstream = /^upstream\/(.+)$/.exec(subject)?.[1];
    this.timeline?.note({ kind: 'operator', upstream, facts: { actor: actor.name, action, subject } });
    this.pending.push({ atMs, actor: actor.name, action, subject, before, after });
    await this.flush();
  }

  /** Writes what waits, as far as the log takes it. Never rejects. */
  async flush(): Promise<void> {
    while (this.pending.length > 0) {
      if (this.writing !== undefined) {
        await this.writing;
        if (this.retry !== undefined) return;
        continue;
      }
      this.writing = this.write();
      await this.writing;
      if (this.retry !== undefined) return;
    }
  }

  /** Stops trying by itself. */
  close(): void {
    this.retry?.cancel();
    this.retry = undefined;
  }

  private async write(): Promise<void> {
    this.close();
    try {
      for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
        await this.log.append(next);
        this.pending.shift();
      }
    } catch (error) {
      this.onDefect(error);
      this.retry = this.clock.after(RETRY_MS, () => {
        this.retry = undefined;
        void this.flush();
      });
    } finally {
      this.writing = undefined;
    }
  }
}
