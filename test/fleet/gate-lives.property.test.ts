import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { LimitSettings } from '../../src/policies/limiter/limit-set.ts';
import { type Random, seededRandom } from '../../src/shared/random.ts';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { GateSettings, Grant, Ticket, Urgency } from '../../src/state/contracts.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { type Fate, type GateBooks, VirtualFleet, type VirtualNode } from './virtual-fleet.fixture.ts';
import { costOf, expectStrict, type Send } from './wire-record.fixture.ts';

const CALLS = 40;
const SPREAD_MS = 6_000;
/** From here on every request gets its answer: what is wrong then stays wrong. */
const CALM_AT_MS = 12_000;
/** Longer than any call waits. */
const PLAYED_MS = 40_000;
const TRIES = 4;

const limit: fc.Arbitrary<LimitSettings> = fc.record({
  rate: fc.record({
    count: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.constantFrom(100, 400, 1_000, 3_000),
  }),
  even: fc.boolean(),
  guardMs: fc.constantFrom(0, 20),
});

const settings: fc.Arbitrary<GateSettings> = fc
  .record({
    limits: fc.array(limit, { maxLength: 2 }),
    concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    policy: fc.constantFrom('fifo' as const, 'priority' as const, 'fair' as const),
  })
  .map(({ limits, concurrency, policy }) => ({
    limits,
    // Without any limit it is what there is to keep.
    concurrency: limits.length === 0 ? (concurrency ?? 1) : concurrency,
    queue: { policy, agingMs: 500, maxSize: 100, weights: {} },
    breaker: undefined,
  }));

const plan = fc.record({
  seed: fc.integer(),
  nodes: fc.integer({ min: 1, max: 4 }),
  settings,
  /** Longest way there, and back. */
  delayMs: fc.constantFrom(0, 3, 3, 40, 200),
  /** Share of messages that are lost. */
  deaf: fc.constantFrom(0, 0, 0.3, 1),
  /** How long a node may stand still between a grant and its write. */
  stallMs: fc.constantFrom(0, 0, 30, 400),
  /** How long a write may take. */
  slowMs: fc.constantFrom(0, 0, 200, 1_500),
  /** Share of requests of which no answer comes; half of them were done. */
  lossy: fc.constantFrom(0, 0, 0.05, 0.3),
  /** Whether some calls cost more than others. */
  dear: fc.boolean(),
  /** How long each node's connection is away, three times or more. */
  awayMs: fc.constantFrom(0, 0, 100, 300, 900),
  /** Whether another server with the same data takes over, three times. */
  failover: fc.boolean(),
  /** How likely each node closes its gate and opens another, four times. */
  reopen: fc.constantFrom(0, 0, 0.3, 1),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

type NamedSend = Send & { readonly id: string };

/** Plays a plan: nodes whose gates live several lives, and what reaches the wire meanwhile. */
class Lives {
  readonly wire: NamedSend[] = [];
  mostRunning = 0;
  /** Cost that stands on record at the end. */
  recorded = 0;
  answered = 0;
  private running = 0;
  private readonly clock = new VirtualClock();
  private readonly random: Random;
  private fleet!: VirtualFleet;

  constructor(private readonly plan: Plan) {
    this.random = seededRandom(plan.seed);
  }

  async play(url: string): Promise<GateBooks> {
    this.fleet = await VirtualFleet.start(url, this.clock);
    try {
      this.prepare();
      for (let passedMs = 0; passedMs < PLAYED_MS; passedMs += 250) {
        for (const node of this.fleet.nodes) node.hears = !this.happens(this.plan.deaf);
        await this.clock.advanceAsync(250, this.fleet.settled);
      }
      await this.callOnceMore();
      for (const { gate } of this.fleet.nodes) await gate.refresh();
      await this.fleet.settled();
      this.recorded = await this.fleet.recorded();
      return await this.fleet.books();
    } finally {
      await this.fleet.close();
    }
  }

  private prepare(): void {
    const { nodes, settings, awayMs, failover } = this.plan;
    for (let index = 0; index < nodes; index++) {
      const node = this.fleet.add({ settings, rejoinMs: 500 });
      node.fate = this.fate();
      for (let times = 0; awayMs > 0 && times < 3; times++)
        this.clock.after(500 + times * 3_000 + this.upTo(2_000), () => this.breakOff(node));
      this.closeAndReopen(node);
    }
    for (let call = 0; call < CALLS; call++) this.clock.after(this.upTo(SPREAD_MS), () => this.arrive(call));
    for (let times = 0; failover && times < 3; times++)
      this.clock.after(1_000 + times * 2_000 + this.upTo(1_500), () => void this.fleet.changeServer());
  }

  private fate(): Fate | undefined {
    const { delayMs, lossy, awayMs } = this.plan;
    if (delayMs === 0 && lossy === 0 && awayMs === 0) return undefined;
    return () => {
      const isLost = this.clock.now() < CALM_AT_MS && this.happens(lossy);
      const lost = isLost ? (this.happens(0.5) ? 'there' : 'back') : undefined;
      return { thereMs: this.upTo(delayMs), backMs: this.upTo(delayMs), lost };
    };
  }

  private breakOff(node: VirtualNode): void {
    const { awayMs, delayMs } = this.plan;
    if (!node.isUp) return;
    // A connection that broke may deliver what it still held long after the node has come back on another one.
    node.breakConnection(() => (this.happens(0.5) ? this.upTo(4 * awayMs) : undefined));
    this.clock.after(awayMs, () => {
      node.connect();
      // The next one may hold what the node says as it comes back.
      if (this.happens(0.5)) this.clock.after(this.upTo(delayMs), () => this.breakOff(node));
    });
  }

  /** In the same step, as when the configuration is loaded anew, or after a while without the upstream. */
  private closeAndReopen(node: VirtualNode): void {
    for (let times = 0; times < 4; times++) {
      if (!this.happens(this.plan.reopen)) continue;
      this.clock.after(800 + times * 2_000 + this.upTo(1_500), () => {
        node.gate.close();
        if (this.happens(0.5)) node.reopen();
        else this.clock.after(this.upTo(300), () => node.reopen());
      });
    }
  }

  private arrive(call: number): void {
    const { nodes } = this.fleet;
    const node = nodes[Math.floor(this.upTo(nodes.length))]!;
    this.enter(node, this.ticket(`t${call}`, this.plan.dear && this.happens(0.3) ? 2 : 1));
  }

  private ticket(id: string, cost: number): Ticket {
    const client = this.happens(0.5) ? 'a' : 'b';
    const urgency = Math.floor(this.upTo(8)) as Urgency;
    const arrivedAtMs = this.clock.now();
    return { id, client, urgency, arrivedAtMs, deadlineMs: arrivedAtMs + 25_000, cost };
  }

  private enter(node: VirtualNode, ticket: Ticket, tries = 1): void {
    // A closed gate refuses its callers; they find the next one there.
    const refused = () => {
      if (tries === TRIES) this.answered++;
      else this.clock.after(200, () => this.enter(node, ticket, tries + 1));
    };
    const granted = (grant: Grant) =>
      this.later(this.sometimes(this.plan.stallMs), () => this.use(node, ticket, grant, tries));
    try {
      node.gate.enter(ticket).then(granted, refused);
    } catch {
      refused();
    }
  }

  private use(node: VirtualNode, ticket: Ticket, grant: Grant, tries: number): void {
    if (!grant.isFresh()) {
      grant.giveBack();
      this.enter(node, ticket, tries);
      return;
    }
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    this.later(this.writeMs(), () => {
      this.wire.push({ id: ticket.id, atMs: this.clock.now(), cost: ticket.cost });
      this.answered++;
      grant.sent();
      this.clock.after(this.upTo(100), () => {
        this.running--;
        grant.end('success');
      });
    });
  }

  private writeMs(): number {
    const { slowMs, delayMs, lossy, awayMs } = this.plan;
    // That a write takes long is told in the time that its grant has left. Where that may come late or get lost, the
    // fleet counts the write at its latest moment, and cannot be held to more.
    const isToldInTime = lossy === 0 && awayMs === 0 && delayMs <= 3;
    return isToldInTime ? this.sometimes(slowMs) : 0;
  }

  /** With nothing in its way, and no second try: a node that is forgotten, or kept out for good, shows here. */
  private async callOnceMore(): Promise<void> {
    for (const node of this.fleet.nodes) {
      node.hears = true;
      node.fate = undefined;
      this.enter(node, this.ticket(lastCallOf(node.node), 1), TRIES);
    }
    await this.clock.advanceAsync(30_000, this.fleet.settled);
  }

  /** What takes no time happens in the same step. */
  private later(ms: number, then: () => void): void {
    if (ms === 0) then();
    else this.clock.after(ms, then);
  }

  private upTo(most: number): number {
    return this.random.next() * most;
  }

  private happens(share: number): boolean {
    return this.random.next() < share;
  }

  private sometimes(mostMs: number): number {
    return this.happens(0.3) ? this.upTo(mostMs) : 0;
  }
}

const lastCallOf = (node: string): string => `last of ${node}`;

/** Nothing is left over that would stand in the way of calls for good. */
function expectClean({ counted, kept, nodes }: GateBooks, names: readonly string[]): void {
  expect(counted, 'as counted').toEqual(kept);
  expect({ ...kept, sends: 0 }, 'left over').toEqual({ running: 0, unsent: 0, waiting: 0, sends: 0 });
  const idle = Object.fromEntries(names.map((name) => [name, { running: 0, waiting: 0 }]));
  expect(nodes, 'by node').toEqual(idle);
}

describe.skipIf(!hasRedis)('nodes that close the gate they share and open it again, whatever happens', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('strict limits on the wire, every node goes on, nothing is left over', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (one) => {
        const lives = new Lives(one);
        const books = await lives.play(server.url);
        const { limits, concurrency = CALLS } = one.settings;
        expectStrict(lives.wire, limits);
        expect(lives.mostRunning, 'calls at once').toBeLessThanOrEqual(concurrency);
        // What was written stays on record; what may have been written stands there, too.
        expect(lives.recorded, 'on record').toBeGreaterThanOrEqual(costOf(lives.wire));
        expect(lives.answered, 'answers').toBe(CALLS + one.nodes);
        const names = Array.from({ length: one.nodes }, (_, index) => `n${index}`);
        const written = new Set(lives.wire.map(({ id }) => id));
        const alive = names.filter((name) => written.has(lastCallOf(name)));
        expect(alive, 'alive').toEqual(names);
        expectClean(books, names);
      }),
      { numRuns: 60 },
    );
  }, 300_000);
});
