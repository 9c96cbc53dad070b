import type { FleetBeat, FleetLook, FleetNode, FleetRegistry, ToldSecond } from '../../fleet-contract.ts';
import { leaseKey, nodeKeys } from '../keys.ts';
import type { RedisLink } from '../link.ts';
import { assembleScript, luaReader, runScript, type Script } from '../scripts.ts';

export interface RedisFleetRegistryOptions {
  readonly link: Pick<RedisLink, 'commands' | 'isUp'>;
  /** This process; `[a-z0-9]+`, and another one after each start. */
  readonly id: string;
  readonly prefix: string;
  /** A node that was not heard of for so long is gone. Default 5,000. */
  readonly goneAfterMs?: number | undefined;
  /** Nodes that are listed at once. Default 500. */
  readonly maxNodes?: number | undefined;
}

/** Seconds of each node that are kept: a minute of charts. */
export const SECONDS_KEPT = 60;
/** A longer text is not told: it would be dear to hand around every second. */
export const LONGEST_TEXT = 65_536;
const GONE_AFTER_MS = 5_000;
const MOST_NODES = 500;

const read = luaReader(import.meta.url);
const script = (name: string): Script => assembleScript([], read(`./${name}.lua`));
const SCRIPTS = {
  beat: script('beat'),
  look: script('look'),
  leave: script('leave'),
  lease: script('lease'),
};

/**
 * The list of nodes in Redis. A beat is one command, whatever the number of nodes; ages are told by the server's clock
 * alone. What is listed says nothing about pacing: a node that could not be listed paces as strictly as the others.
 */
export class RedisFleetRegistry implements FleetRegistry {
  readonly id: string;
  private readonly keys: string[];
  private readonly goneAfterMs: number;
  private readonly maxNodes: number;
  private facts = '';
  private factsTold = false;
  private count = 1;
  private lost = 0;
  private left = false;

  constructor(private readonly options: RedisFleetRegistryOptions) {
    const { id, prefix, goneAfterMs = GONE_AFTER_MS, maxNodes = MOST_NODES } = options;
    this.id = id;
    this.keys = nodeKeys(prefix);
    this.goneAfterMs = goneAfterMs;
    this.maxNodes = maxNodes;
  }

  get size(): number {
    return this.count;
  }

  get lostBeats(): number {
    return this.lost;
  }

  describe(facts: string): void {
    this.facts = facts.length > LONGEST_TEXT ? '' : facts;
    this.factsTold = false;
  }

  async beat({ seq, endedAgoMs, second, state }: FleetBeat): Promise<void> {
    if (this.left) return;
    const args = [
      this.id,
      String(this.goneAfterMs),
      String(this.maxNodes),
      String(SECONDS_KEPT),
      String(seq),
      String(Math.max(0, Math.round(endedAgoMs))),
      second.length > LONGEST_TEXT ? '' : second,
      state.length > LONGEST_TEXT ? '' : state,
      this.factsTold ? '' : this.facts,
    ];
    try {
      const [taken, count, unknown] = (await this.run('beat', args)) as [number, number, number];
      this.count = Math.max(1, count);
      this.factsTold = unknown === 0;
      if (taken === 0) this.lost++;
    } catch {
      this.lost++;
    }
  }

  async look({ seconds, facts }: { seconds: number; facts: boolean }): Promise<FleetLook> {
    const wanted = Math.min(SECONDS_KEPT, Math.max(0, Math.trunc(seconds)));
    const args = [this.goneAfterMs, SECONDS_KEPT, wanted, facts ? 1 : 0].map(String);
    const [nowMs, ...nodes] = (await this.run('look', args)) as [number, ...LookedUp[]];
    this.count = Math.max(1, nodes.length);
    return {
      second: Math.floor(nowMs / 1_000),
      nodes: nodes.map(nodeOf).sort((one, other) => (one.id < other.id ? -1 : 1)),
    };
  }

  async claim(task: string, forMs: number): Promise<boolean | undefined> {
    return this.lease(task, Math.max(1, Math.round(forMs)));
  }

  async release(task: string): Promise<void> {
    await this.lease(task, 0);
  }

  async leave(): Promise<void> {
    this.left = true;
    await this.run('leave', [this.id, String(SECONDS_KEPT)]).catch(() => {});
  }

  private async lease(task: string, forMs: number): Promise<boolean | undefined> {
    const { link, prefix } = this.options;
    try {
      const keys = [leaseKey(prefix, task)];
      return (await runScript(link.commands, SCRIPTS.lease, keys, [this.id, String(forMs)])) === 1;
    } catch {
      return undefined;
    }
  }

  private run(name: keyof typeof SCRIPTS, args: readonly string[]): Promise<unknown> {
    return runScript(this.options.link.commands, SCRIPTS[name], this.keys, args);
  }
}

type LookedUp = [id: string, ageMs: number, state: string, facts: string, seconds: string[]];

function nodeOf([id, ageMs, state, facts, seconds]: LookedUp): FleetNode {
  return {
    id,
    ageMs,
    facts: facts === '' ? undefined : facts,
    state: state.slice(state.indexOf(' ') + 1),
    seconds: seconds.map(secondOf),
  };
}

function secondOf(told: string): ToldSecond {
  const [, seq = '0', second = '0', text = ''] = /^(\d+) (\d+) (.*)$/s.exec(told) ?? [];
  return { seq: Number(seq), second: Number(second), text };
}
