import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveParts } from '../../src/composition/live-parts.ts';
import { RedisState } from '../../src/composition/redis-state.ts';
import { gateSettings } from '../../src/composition/upstreams.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { agreementOf } from '../../src/fleet/agreement.ts';
import type { UpstreamPort } from '../../src/server/admin/ports.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { systemRandom } from '../../src/shared/random.ts';
import type { Gate, Line, Lines, Outcome } from '../../src/state/contracts.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { type CacheResult, type RouteUsage, UsageRecorder } from '../../src/usage/recorder.ts';

/** Connections that stand ready, as many as are asked for: the provider is not what is measured. */
class StandingLines implements Lines {
  readonly leadMs = 0;
  readonly available = 256;
  private readonly line: Line = { release: () => {} };

  take(): Line {
    return this.line;
  }

  expect(): void {}

  onChange(): void {}
}

const WAIT_MS = 60_000;

/**
 * What a gateway has of a fleet, without its ports: hot state over its own connections to Redis, gates, and what it tells
 * the others once a second, all of it the product's own.
 */
export class SimulatedNode {
  readonly state: RedisState;
  private readonly gates = new Map<string, Gate>();
  private readonly live: LiveParts;
  private readonly usage: RouteUsage;
  private tickets = 0;

  constructor(config: Config, url: string, name: string) {
    const log = createLog('silent');
    const clock = systemClock;
    const random = systemRandom;
    this.state = new RedisState({ clock, random, log, config, remember: false }, url);
    this.state.access.replaceRules(config.rules);
    const ports = new Map<string, UpstreamPort>();
    for (const [upstreamName, upstream] of Object.entries(config.upstreams)) {
      const settings = gateSettings(upstream);
      const gate = this.state.gate({ upstream, settings, lines: new StandingLines(), onEvent: () => {} });
      this.gates.set(upstreamName, gate);
      const paced = upstream.limits.length > 0;
      ports.set(upstreamName, { url: 'sandbox:', paced, gate, maxWaitMs: WAIT_MS, guardMs: () => 0 });
    }
    const recorder = new UsageRecorder();
    this.usage = recorder.series('/simulated', 'simulated');
    this.record = (cache, queueMs) =>
      recorder.record(this.usage, {
        outcome: 'success',
        status: 200,
        bytes: 1_000,
        totalMs: 1 + 4 * random.next() ** 4,
        queueMs,
        upstreamMs: queueMs === undefined ? undefined : 5,
        attempts: queueMs === undefined ? 0 : 1,
        cache,
        errorCode: undefined,
      });
    const nameClient = (client: string): string => client;
    this.live = new LiveParts({ clock, random, recorder, nameClient, upstreams: ports, state: this.state });
    const startedAtMs = clock.wallNow();
    const facts = { host: name, pid: 1, version: 'bench', startedAtMs, url: 'http://0', adminUrl: undefined };
    this.live.fleet.introduce(facts, agreementOf(config));
    this.live.sampler.start();
  }

  private readonly record: (cache: CacheResult, queueMs: number | undefined) => void;

  /** Whether Redis is there and knows this node. */
  get isUp(): boolean {
    const status = this.state.status();
    return status.kind === 'redis' && status.up;
  }

  /** One request of a client below a path, decided by the rules; false: refused. */
  check(client: string, path: string): boolean | Promise<boolean> {
    const decision = this.state.access.check({ ip: '10.0.0.1', clientId: client, path, method: 'GET' });
    const passed = (kind: string): boolean => {
      const isPassed = kind === 'pass';
      if (isPassed) this.record('hit', undefined);
      return isPassed;
    };
    return decision instanceof Promise ? decision.then(({ kind }) => passed(kind)) : passed(decision.kind);
  }

  /** One paced call, which its provider answers after `serviceMs`. Rejects when it is refused. */
  async call(upstream: string, serviceMs: number): Promise<void> {
    const now = systemClock.now();
    const id = `${this.state.registry.id}-${++this.tickets}`;
    const grant = await this.gates.get(upstream)!.enter({
      id,
      client: 'bench',
      urgency: 3,
      arrivedAtMs: now,
      deadlineMs: now + WAIT_MS,
      cost: 1,
    });
    // As the transport does: what is not fresh is not written.
    if (!grant.isFresh()) {
      grant.giveBack();
      return this.call(upstream, serviceMs);
    }
    grant.sent();
    await Bun.sleep(serviceMs);
    grant.end('success' satisfies Outcome);
    this.record('miss', grant.waitedMs);
  }

  async close(): Promise<void> {
    this.live.sampler.stop();
    for (const gate of this.gates.values()) gate.close();
    await this.live.fleet.leave();
    this.state.close();
  }
}

export interface SimulatedFleet {
  readonly nodes: readonly SimulatedNode[];
  close(): Promise<void>;
}

/** So many nodes in this process over one Redis, each with connections of its own. Throws on a wrong configuration. */
export async function startSimulatedFleet(
  url: string,
  count: number,
  configText: string,
): Promise<SimulatedFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'comporta-bench-'));
  const file = join(folder, 'comporta.yaml');
  writeFileSync(file, configText);
  const loaded = loadConfig({ file, env: {} });
  rmSync(folder, { recursive: true });
  if ('problems' in loaded) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const nodes = Array.from({ length: count }, (_, index) => {
    return new SimulatedNode(loaded.config, url, `node-${index + 1}`);
  });
  await Promise.all(nodes.map(({ state }) => state.ready()));
  if (!nodes.every(({ isUp }) => isUp)) throw new Error('not every node reached Redis');
  // Gates that begin grant nothing for a second, and nodes are counted by their heartbeats.
  await Bun.sleep(2_500);
  return { nodes, close: async () => void (await Promise.all(nodes.map((node) => node.close()))) };
}
