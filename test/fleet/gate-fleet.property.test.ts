import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { LimitSettings } from '../../src/policies/limiter/limit-set.ts';
import { type Random, seededRandom } from '../../src/shared/random.ts';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { GateSettings, Grant, Ticket, Urgency } from '../../src/state/contracts.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet, type VirtualNode } from './virtual-fleet.fixture.ts';
import { costOf, expectStrict, type Send } from './wire-record.fixture.ts';

const CALLS = 40;
const SPREAD_MS = 4_000;

const limit: fc.Arbitrary<LimitSettings> = fc.record({
  rate: fc.record({ count: fc.integer({ min: 1, max: 5 }), windowMs: fc.constantFrom(100, 400, 1_000) }),
  even: fc.boolean(),
  guardMs: fc.constantFrom(0, 20),
});

const settings: fc.Arbitrary<GateSettings> = fc.record({
  limits: fc.array(limit, { minLength: 1, maxLength: 2 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  queue: fc.record({
    policy: fc.constantFrom('fifo' as const, 'priority' as const, 'fair' as const),
    agingMs: fc.constant(500),
    maxSize: fc.constant(100),
    weights: fc.constant({}),
  }),
  breaker: fc.constant(undefined),
});

const plan = fc.record({
  seed: fc.integer(),
  nodes: fc.integer({ min: 1, max: 4 }),
  settings,
  /** Longest way there and back. */
  delayMs: fc.constantFrom(0, 3, 40, 200),
  /** Share of messages that are lost. */
  deaf: fc.constantFrom(0, 0, 0.3, 1),
  /** How long a node may stand still between a grant and its write. */
  stallMs: fc.constantFrom(0, 0, 30, 400),
  /** Share of requests of which no answer comes; half of them were done. */
  lossy: fc.constantFrom(0, 0, 0.05, 0.3),
  kill: fc.constantFrom(false, false, true),
  /** Whether some calls cost more than others. */
  dear: fc.boolean(),
  /** How long each node's connection is away, three times. */
  awayMs: fc.constantFrom(0, 0, 0, 300, 2_500, 6_000),
  /** Whether another server with the same data takes over, three times. */
  failover: fc.constantFrom(false, false, true),
  /** When Redis loses everything. */
  flushAtMs: fc.option(fc.integer({ min: 100, max: 5_000 }), { nil: undefined, freq: 2 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Plays a plan and writes down when calls reached the wire. */
class Storm {
  readonly clock = new VirtualClock();
  readonly wire: Send[] = [];
  answered = 0;
  mostRunning = 0;
  /** Cost that stands on record at the end. */
  recorded = 0;
  private running = 0;
  private readonly random: Random;
  private fleet!: VirtualFleet;

  constructor(private readonly plan: Plan) {
    this.random = seededRandom(plan.seed);
  }

  async play(url: string): Promise<void> {
    const { plan } = this;
    this.fleet = await VirtualFleet.start(url, this.clock);
    for (let index = 0; index < plan.nodes; index++) {
      const node = this.fleet.add({ settings: plan.settings, rejoinMs: 500 });
      const { delayMs, lossy } = plan;
      if (delayMs > 0 || lossy > 0) {
        node.fate = () => {
          const chance = this.random.next();
          const lost = chance < lossy / 2 ? 'there' : chance < lossy ? 'back' : undefined;
          return { thereMs: this.random.next() * delayMs, backMs: this.random.next() * delayMs, lost };
        };
      }
    }
    for (let call = 0; call < CALLS; call++) {
      this.clock.after(this.random.next() * SPREAD_MS, () => this.arrive(call));
    }
    const { nodes } = this.fleet;
    if (plan.kill && nodes.length > 1) this.clock.after(2_000, () => this.kill(nodes[0]!));
    if (plan.flushAtMs !== undefined) this.clock.after(plan.flushAtMs, () => void this.fleet.flush());
    if (plan.awayMs > 0) for (const node of nodes) this.breakConnections(node);
    for (let times = 0; plan.failover && times < 3; times++) {
      this.clock.after(
        1_000 + times * 2_000 + this.random.next() * 1_500,
        () => void this.fleet.changeServer(),
      );
    }
    for (let passedMs = 0; passedMs < 30_000; passedMs += 250) {
      if (plan.deaf > 0) for (const node of nodes) node.hears = this.random.next() >= plan.deaf;
      await this.clock.advanceAsync(250, this.fleet.settled);
    }
    this.recorded = await this.fleet.recorded();
    await this.fleet.close();
  }

  private breakConnections(node: VirtualNode): void {
    for (let times = 0; times < 3; times++) {
      this.clock.after(500 + times * 7_000 + this.random.next() * 3_000, () => {
        if (node.isDead || !node.isUp) return;
        // A connection that broke may deliver what it still held long after the node has come back on another one.
        const { awayMs } = this.plan;
        const lateByMs = () => (this.random.next() < 0.5 ? this.random.next() * 2 * awayMs : undefined);
        node.breakConnection(lateByMs);
        this.clock.after(awayMs, () => {
          if (!node.isDead) node.connect();
        });
      });
    }
  }

  private kill(node: VirtualNode): void {
    node.isDead = true;
    node.isUp = false;
    node.gate.close();
  }

  private arrive(call: number): void {
    const { nodes } = this.fleet;
    const node = nodes[Math.floor(this.random.next() * nodes.length)]!;
    const now = this.clock.now();
    const urgency = Math.floor(this.random.next() * 8) as Urgency;
    const client = this.random.next() < 0.5 ? 'a' : 'b';
    this.enter(node, {
      id: `t${call}`,
      client,
      urgency,
      arrivedAtMs: now,
      deadlineMs: now + 25_000,
      cost: this.plan.dear && this.random.next() < 0.3 ? 2 : 1,
    });
  }

  private enter(node: VirtualNode, ticket: Ticket): void {
    const answer = () => void this.answered++;
    try {
      node.gate.enter(ticket).then((grant) => this.granted(node, ticket, grant), answer);
    } catch {
      answer();
    }
  }

  private granted(node: VirtualNode, ticket: Ticket, grant: Grant): void {
    const stallMs = this.random.next() < 0.3 ? this.random.next() * this.plan.stallMs : 0;
    const write = (): void => {
      if (node.isDead) {
        this.answered++;
      } else if (!grant.isFresh()) {
        grant.giveBack();
        this.enter(node, ticket);
      } else {
        this.wire.push({ atMs: this.clock.now(), cost: ticket.cost });
        this.answered++;
        this.running++;
        this.mostRunning = Math.max(this.mostRunning, this.running);
        grant.sent();
        this.clock.after(this.random.next() * 100, () => {
          this.running--;
          grant.end('success');
        });
      }
    };
    if (stallMs === 0) write();
    else this.clock.after(stallMs, write);
  }
}

describe.skipIf(!hasRedis)('nodes that share a gate, whatever happens', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('strict limits on the wire, one answer each, nobody forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (one) => {
        const storm = new Storm(one);
        await storm.play(server.url);
        expectStrict(storm.wire, one.settings.limits);
        // A caller that is refused while Redis is away is answered, too, but in its own time.
        if (one.awayMs === 0) expect(storm.answered).toBe(CALLS);
        // What a dead node had in flight is not in flight for the others once its lease is over.
        const isWhole = !one.kill && one.flushAtMs === undefined;
        const { concurrency } = one.settings;
        // What was written stays on record; and where nobody was away, it alone does.
        if (isWhole) expect(storm.recorded).toBeGreaterThanOrEqual(costOf(storm.wire));
        const isCalm = isWhole && one.awayMs === 0 && !one.failover;
        if (isCalm) expect(storm.recorded).toBe(costOf(storm.wire));
        if (isWhole && one.awayMs < 1_000 && concurrency !== undefined)
          expect(storm.mostRunning).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns: 100 },
    );
  }, 300_000);
});
