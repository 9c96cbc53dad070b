import type { Outcome } from '../../../../policies/breaker/breaker.ts';
import type { Clock } from '../../../../shared/clock.ts';
import type { GateCounts } from '../../../memory/gate-counts.ts';
import type { Predecessor } from './desk-options.ts';
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
   * What rejoining tells of grants and of sends since `sentSinceMs`; of closed gates before this one everything: what
   * those could not tell, they alone know.
   */
  toldWith(
    before: Predecessor | undefined,
    sentSinceMs: number,
  ): { readonly grants: readonly RedisGrant[]; readonly sends: readonly OwnSend[] } {
    const earlier = before?.grants.toldWith(before.predecessor, Number.NEGATIVE_INFINITY);
    const own = this.sends.recent(this.clock.now()).filter(({ atMs }) => atMs >= sentSinceMs);
    return {
      grants: [...(earlier?.grants ?? []), ...this.held.values()],
      sends: [...(earlier?.sends ?? []), ...own],
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
