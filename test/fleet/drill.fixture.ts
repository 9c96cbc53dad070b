import { afterAll, afterEach, beforeAll } from 'bun:test';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { GateSettings, Grant, Ticket, Urgency } from '../../src/state/contracts.ts';
import { settingsOf } from '../contract/gate/driver.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet, VirtualNode } from './virtual-fleet.fixture.ts';

export interface DrillCall {
  readonly id: string;
  readonly ticket: Ticket;
  grant: Grant | undefined;
  error: unknown;
  grantedAtMs: number;
}

export interface DrillFacts {
  readonly urgency?: Urgency;
  readonly client?: string;
  readonly deadlineInMs?: number;
  readonly cost?: number;
  /** How long it takes from its write to its end. */
  readonly serviceMs?: number;
  /** The test writes and ends it by hand. */
  readonly holds?: boolean;
}

/** Several nodes, one upstream, virtual time. What is granted is written at once and over at once, unless told. */
export class Drill {
  readonly clock = new VirtualClock();
  readonly order: string[] = [];
  readonly sends: number[] = [];
  fleet!: VirtualFleet;

  static async start(url: string, count: number, settings: GateSettings, rejoinMs = 0): Promise<Drill> {
    const drill = new Drill();
    drill.fleet = await VirtualFleet.start(url, drill.clock);
    for (let index = 0; index < count; index++) {
      await drill.fleet.add({ settings, rejoinMs }).gate.refresh();
    }
    await drill.fleet.settled();
    return drill;
  }

  node(index: number): VirtualNode {
    return this.fleet.nodes[index]!;
  }

  call(node: VirtualNode, id: string, facts: DrillFacts = {}): DrillCall {
    const now = this.clock.now();
    const {
      urgency = 3,
      client = 'a',
      deadlineInMs = 600_000,
      cost = 1,
      serviceMs = 0,
      holds = false,
    } = facts;
    const ticket = { id, client, urgency, arrivedAtMs: now, deadlineMs: now + deadlineInMs, cost };
    const call: DrillCall = { id, ticket, grant: undefined, error: undefined, grantedAtMs: Number.NaN };
    node.gate.enter(ticket).then(
      (grant) => {
        call.grant = grant;
        call.grantedAtMs = this.clock.now();
        this.order.push(id);
        if (holds) return;
        this.write(grant);
        if (serviceMs === 0) grant.end('success');
        else this.clock.after(serviceMs, () => grant.end('success'));
      },
      (error: unknown) => {
        call.error = error;
      },
    );
    return call;
  }

  /** Takes the upstream out of the configuration of a node and puts it back, with a connection of its own. */
  reopen(index: number, settings: GateSettings): VirtualNode {
    const { node, ending } = this.node(index);
    const options = { clock: this.clock, settings, rejoinMs: 0, ...(ending && { predecessor: ending }) };
    const opened = new VirtualNode(this.fleet, node, options);
    this.fleet.nodes[index] = opened;
    opened.gate.linkChanged(true);
    return opened;
  }

  write(grant: Grant): void {
    this.sends.push(this.clock.now());
    grant.sent();
  }

  async enter(index: number, id: string, facts: DrillFacts = {}): Promise<DrillCall> {
    const call = this.call(this.node(index), id, facts);
    await this.fleet.settled();
    return call;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAsync(ms, this.fleet.settled);
  }

  closest(): number {
    const sends = this.sends.toSorted((one, other) => one - other);
    return Math.min(...sends.slice(1).map((atMs, index) => atMs - sends[index]!));
  }

  async close(): Promise<void> {
    await this.fleet.close();
  }
}

/** Drills on a Redis of their own, one for each test: to be called within `describe`. */
export function useDrills() {
  let server: TestRedis;
  let drill: Drill | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await drill?.close();
    drill = undefined;
  });
  afterAll(() => server.stop());
  return {
    start: async (count: number, settings = settingsOf(), rejoinMs = 0): Promise<Drill> => {
      drill = await Drill.start(server.url, count, settings, rejoinMs);
      return drill;
    },
    get url(): string {
      return server.url;
    },
    /** The one that was started last. */
    get now(): Drill {
      return drill!;
    },
  };
}
