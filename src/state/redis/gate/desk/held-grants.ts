import type { Outcome } from '../../../../policies/breaker/breaker.ts';
import type { Clock } from '../../../../shared/clock.ts';
import type { GateCounts } from '../../../memory/gate-counts.ts';
import type { LineWatch } from './line-watch.ts';
import { LongWrites } from './long-writes.ts';
import { type OwnSend, OwnSends } from './own-sends.ts';
import type { RedisGrant, RedisGrantKeeper } from './redis-grant.ts';
import { type Report, Reports } from './reports.ts';

/** The grants that this node holds, what it wrote with them, and what it has to tell of both. */
export class HeldGrants implements RedisGrantKeeper {
  readonly sends = new OwnSends();
  private readonly held = new Map<string, RedisGrant>();
  private readonly reports: Reports;
  private readonly longWrites: LongWrites;

  /** `tell` never rejects. */
  constructor(
    private readonly clock: Clock,
    private readonly counts: GateCounts,
    private readonly lines: LineWatch | undefined,
    tell: (report: Report) => Promise<void>,
  ) {
    this.reports = new Reports(tell);
    this.longWrites = new LongWrites(clock, ({ uid }) => this.reports.add('begun', uid));
  }

  get nowMs(): number {
    return this.clock.now();
  }

  get wallNowMs(): number {
    return this.clock.wallNow();
  }

  get size(): number {
    return this.held.size;
  }

  /** Whether something was not told yet. */
  get hasUntold(): boolean {
    return this.reports.hasUntold;
  }

  /**
   * What rejoining tells of grants and of sends since `sentSinceMs`; of a closed gate before this one everything: what
   * that one could not tell, it alone knows.
   */
  toldWith(
    before: HeldGrants | undefined,
    sentSinceMs: number,
  ): { readonly grants: readonly RedisGrant[]; readonly sends: readonly OwnSend[] } {
    const now = this.clock.now();
    const own = this.sends.recent(now).filter(({ atMs }) => atMs >= sentSinceMs);
    return {
      grants: [...(before?.held.values() ?? []), ...this.held.values()],
      sends: [...(before?.sends.recent(now) ?? []), ...own],
    };
  }

  hold(grant: RedisGrant): void {
    this.held.set(grant.uid, grant);
  }

  noteBegun(grant: RedisGrant): void {
    this.longWrites.add(grant);
  }

  noteSent(grant: RedisGrant): void {
    const now = this.wrote(grant);
    this.reports.add('sent', { id: grant.uid, cost: grant.ticket.cost, w: now - grant.claimedAtMs });
  }

  noteEnd(grant: RedisGrant, outcome: Outcome): void {
    if (grant.stage === 'granted') this.wrote(grant);
    this.held.delete(grant.uid);
    const { cost } = grant.ticket;
    this.reports.add('over', { id: grant.uid, cost, outcome, sent: grant.stage === 'sent' });
  }

  noteGivenBack(grant: RedisGrant): void {
    this.longWrites.forget(grant);
    this.held.delete(grant.uid);
    if (grant.line !== undefined) this.lines?.release(grant.line);
    this.handBack(grant.uid, grant.ticket.cost);
  }

  /** A grant of which surely nothing was written, and whose ticket does not come back with it. */
  handBack(uid: string, cost: number): void {
    this.reports.add('over', { id: uid, cost, outcome: 'ignore', back: true });
  }

  /** A ticket that nobody waits for any more. */
  leave(uid: string): void {
    this.reports.add('left', uid);
  }

  private wrote(grant: RedisGrant): number {
    const now = this.clock.now();
    this.longWrites.forget(grant);
    this.counts.noteSent(now);
    this.sends.note({ id: grant.uid, cost: grant.ticket.cost, atMs: now });
    return now;
  }
}
