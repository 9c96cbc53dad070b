import { Redis } from 'ioredis';
import type { Clock } from '../../src/shared/clock.ts';
import { settle } from '../../src/shared/virtual-clock.ts';
import type { GateEvent, GateSettings, Lines } from '../../src/state/contracts.ts';
import { RedisGate } from '../../src/state/redis/gate/gate.ts';
import type { GateLink, GateMessage } from '../../src/state/redis/gate/gate-link.ts';
import { type GateScriptName, loadGateScripts } from '../../src/state/redis/gate/gate-scripts.ts';
import { gateFleetChannel, gateKeys, gateNodeChannel } from '../../src/state/redis/keys.ts';
import { runScript } from '../../src/state/redis/scripts.ts';

/** The scripts of the product but for their clock, which a test sets. */
const scripts = loadGateScripts({
  clock: "local function wall_ms() return tonumber(redis.call('GET', KEYS[1] .. ':now')) end\n",
});
const EPOCH_MS = 1_700_000_000_000;
const PREFIX = 'test';
const UPSTREAM = 'one';

export interface VirtualNodeOptions {
  readonly clock: Clock;
  readonly settings: GateSettings;
  readonly lines?: Lines | undefined;
  readonly onEvent?: ((event: GateEvent) => void) | undefined;
  readonly freshnessMs?: number;
  readonly rejoinMs?: number;
  readonly predecessor?: RedisGate;
}

/** What may happen to a request on its way there, and to its answer on the way back. */
export type Fate = (script: GateScriptName) => {
  readonly thereMs: number;
  readonly backMs: number;
  readonly lost?: 'there' | 'back' | undefined;
};

/** What a gate has on its books at one moment. */
export interface GateBooks {
  /** As its state counts it. */
  readonly counted: GateSums;
  /** As its keys hold it. */
  readonly kept: GateSums;
  /** By node: calls under way, and tickets that wait. */
  readonly nodes: Readonly<Record<string, { readonly running: number; readonly waiting: number }>>;
}

/** `unsent` is a cost where it is counted, entries where it is kept. */
interface GateSums {
  readonly running: number;
  readonly unsent: number;
  readonly waiting: number;
  readonly sends: number;
}

const BOOKS = `
local s, nodes = cmsgpack.unpack(redis.call('GET', KEYS[1])), {}
for node, facts in pairs(s.nodes) do nodes[node] = { running = facts.g, waiting = facts.w } end
return cjson.encode({
  counted = { running = s.running, unsent = s.unsent, waiting = s.size, sends = s.len },
  kept = { running = redis.call('HLEN', KEYS[6]), unsent = redis.call('ZCARD', KEYS[7]),
    waiting = redis.call('ZCARD', KEYS[2]), sends = redis.call('ZCARD', KEYS[5]) },
  nodes = nodes,
})`;

/** A node of a fleet whose time, Redis' included, is virtual; Redis itself is real. */
export class VirtualNode implements GateLink {
  isUp = true;
  gate: RedisGate;
  /** Messages that reach it; false loses them. */
  hears = true;
  fate: Fate | undefined;
  /** Nothing reaches it any more, and nothing comes of it. */
  isDead = false;
  private readonly clock: Clock;
  private thereAtMs = 0;
  private backAtMs = 0;
  private connection = 0;
  private lateByMs: () => number | undefined = () => undefined;
  /** A closed gate that has something left to tell. */
  ending: RedisGate | undefined;

  constructor(
    private readonly fleet: VirtualFleet,
    readonly node: string,
    private readonly options: VirtualNodeOptions,
  ) {
    this.clock = options.clock;
    this.ending = options.predecessor;
    this.gate = this.open();
  }

  /** Opens a gate after its own was closed, over the same connection, as `gates.ts` does. */
  reopen(): void {
    this.gate = this.open();
    if (this.isUp) this.gate.linkChanged(true);
  }

  async run(script: GateScriptName, request: object): Promise<string> {
    const fate = this.fate?.(script);
    if (fate === undefined) return this.fleet.run(script, request);
    const { connection } = this;
    // One connection: nothing overtakes.
    this.thereAtMs = Math.max(this.thereAtMs, this.clock.now() + fate.thereMs);
    await this.fleet.delay(this.thereAtMs - this.clock.now());
    if (this.isDead) return new Promise(() => {});
    if (connection !== this.connection) {
      const lateByMs = this.lateByMs();
      if (lateByMs !== undefined)
        this.clock.after(lateByMs, () => void this.fleet.run(script, request).catch(() => {}));
      throw new Error('the connection broke');
    }
    if (fate.lost === 'there') throw new Error('lost on its way there');
    const answer = await this.fleet.run(script, request);
    this.backAtMs = Math.max(this.backAtMs, this.clock.now() + fate.backMs);
    await this.fleet.delay(this.backAtMs - this.clock.now());
    if (this.isDead) return new Promise(() => {});
    if (connection !== this.connection) throw new Error('the connection broke');
    if (fate.lost === 'back') throw new Error('lost on its way back');
    return answer;
  }

  /** What is under way gets no answer. What Redis has not had of it, it does so much later, or never (undefined). */
  breakConnection(lateByMs: () => number | undefined): void {
    this.lateByMs = lateByMs;
    this.connection++;
    this.thereAtMs = 0;
    this.backAtMs = 0;
    this.isUp = false;
    this.gate.linkChanged(false);
  }

  connect(): void {
    this.isUp = true;
    this.gate.linkChanged(true);
  }

  private open(): RedisGate {
    const gate = new RedisGate({
      ...this.options,
      link: this,
      upstream: UPSTREAM,
      nodeChannel: gateNodeChannel(PREFIX),
      fleetChannel: gateFleetChannel(PREFIX),
      predecessor: this.ending,
      onClose: () => {
        if (this.ending?.mustBeTold === false) this.ending = undefined;
        if (gate.mustBeTold) this.ending = gate;
      },
    });
    return gate;
  }
}

export class VirtualFleet {
  readonly nodes: VirtualNode[] = [];
  commands = 0;
  private pending = 0;
  private readonly client: Redis;
  private readonly subscriber: Redis;
  private readonly keys = gateKeys(PREFIX, UPSTREAM);

  private constructor(
    url: string,
    private readonly clock: Clock,
  ) {
    this.client = new Redis(url);
    this.subscriber = new Redis(url);
  }

  /** On an empty Redis. */
  static async start(url: string, clock: Clock): Promise<VirtualFleet> {
    const fleet = new VirtualFleet(url, clock);
    await fleet.client.flushall();
    await fleet.subscriber.psubscribe('*');
    fleet.subscriber.on('pmessage', (_pattern, channel, text) => fleet.deliver(channel, text));
    return fleet;
  }

  add(options: Omit<VirtualNodeOptions, 'clock'>): VirtualNode {
    const node = new VirtualNode(this, `n${this.nodes.length}`, { ...options, clock: this.clock });
    this.nodes.push(node);
    return node;
  }

  async run(script: GateScriptName, request: object): Promise<string> {
    this.pending++;
    this.commands++;
    try {
      const now = this.client.set(`${this.keys[0]}:now`, EPOCH_MS + this.clock.now());
      const answer = runScript(this.client, scripts[script], this.keys, [JSON.stringify(request)]);
      await now;
      return String(await answer);
    } finally {
      this.pending--;
    }
  }

  delay(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  /** Resolves when every request has its answer and every message is delivered, and nothing came of them. */
  readonly settled = async (): Promise<void> => {
    for (;;) {
      const before = this.commands;
      await settle();
      while (this.pending > 0) await this.client.ping();
      await this.subscriber.ping();
      await settle();
      if (this.pending === 0 && this.commands === before) return;
    }
  };

  /** Cost of all sends on record. */
  async recorded(): Promise<number> {
    const [, total = 0] = await this.client.zrevrange(this.keys[4]!, 0, 0, 'WITHSCORES');
    return Number(total);
  }

  async books(): Promise<GateBooks> {
    return JSON.parse(String(await this.client.eval(BOOKS, this.keys.length, ...this.keys))) as GateBooks;
  }

  /** Everything of Redis is gone. */
  async flush(): Promise<void> {
    await this.client.flushall();
  }

  /** A replica that has everything takes over, or the same server after a restart. */
  async changeServer(): Promise<void> {
    const change =
      "local raw = redis.call('GET', KEYS[1]) if not raw then return end local s = cmsgpack.unpack(raw) " +
      "s.run = 'another' redis.call('SET', KEYS[1], cmsgpack.pack(s))";
    await this.client.eval(change, 1, this.keys[0]!);
  }

  async close(): Promise<void> {
    for (const { gate } of this.nodes) gate.close();
    await this.settled();
    this.client.disconnect();
    this.subscriber.disconnect();
  }

  private deliver(channel: string, text: string): void {
    const message = JSON.parse(text) as GateMessage;
    for (const node of this.nodes) {
      const isMeant = channel === gateFleetChannel(PREFIX) || channel === gateNodeChannel(PREFIX) + node.node;
      if (isMeant && node.hears && node.isUp && !node.isDead) node.gate.receive(message);
    }
  }
}
