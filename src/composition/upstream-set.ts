import { guardMs } from '../config/schema/upstream.ts';
import type { Config } from '../config/schema.ts';
import type { UpstreamPort } from '../server/admin/ports.ts';
import type { GateCounters } from '../state/contracts.ts';
import {
  buildUpstream,
  closeUpstream,
  gateSettings,
  isPaced,
  reconfigured,
  retireUpstream,
  type UpstreamNeeds,
  type UpstreamParts,
} from './upstreams.ts';

export interface UpstreamSetNeeds extends UpstreamNeeds {
  /** What all nodes have counted together, where several share a gate. */
  readonly counters?: ((upstream: string, own: GateCounters) => GateCounters) | undefined;
}

/** The upstreams in force, from one configuration to the next. */
export class UpstreamSet {
  /** By name, in the order of the configuration. */
  readonly parts = new Map<string, UpstreamParts>();
  /** The same, as the admin API sees them. */
  readonly ports = new Map<string, UpstreamPort>();

  constructor(private readonly needs: UpstreamSetNeeds) {}

  /** The first ones. Throws when a file that the configuration names cannot be read. */
  begin(config: Config): void {
    this.adopt(this.next(config));
  }

  /** Those of another configuration: upstreams that stay keep their gate and their connections. Nothing changes yet. */
  next(config: Config): Map<string, UpstreamParts> {
    const built = new Map<string, UpstreamParts>();
    try {
      for (const [name, upstream] of Object.entries(config.upstreams)) {
        const old = this.parts.get(name);
        built.set(
          name,
          old === undefined ? buildUpstream(upstream, config, this.needs) : reconfigured(old, upstream),
        );
      }
    } catch (error) {
      for (const [name, parts] of built) if (!this.parts.has(name)) closeUpstream(parts);
      throw error;
    }
    return built;
  }

  /** Puts them in force. Answers what is to be called once nothing leads to those that are gone any more. */
  adopt(built: ReadonlyMap<string, UpstreamParts>): () => void {
    const { clock, log } = this.needs;
    const gone = [...this.parts].filter(([name]) => !built.has(name));
    for (const [name, { config, gate }] of built) {
      if (!this.parts.has(name)) continue;
      // A gate that others share may be out of reach; it declares them once it is back.
      Promise.resolve(gate.configure(gateSettings(config))).catch((error: unknown) =>
        log.warn({ upstream: name, err: error }, 'the fleet could not be told of new limits yet'),
      );
    }
    this.parts.clear();
    for (const [name, parts] of built) this.parts.set(name, parts);
    this.show();
    return () => {
      for (const [, parts] of gone) retireUpstream(parts, clock);
    };
  }

  close(): void {
    for (const parts of this.parts.values()) closeUpstream(parts);
  }

  private show(): void {
    const { counters } = this.needs;
    this.ports.clear();
    for (const [name, { config, gate }] of this.parts) {
      this.ports.set(name, {
        url: config.url.kind === 'sandbox' ? 'sandbox:' : config.url.url,
        paced: isPaced(config),
        gate,
        maxWaitMs: config.queue.maxWaitMs,
        guardMs: (windowMs) => guardMs(config.guard, windowMs),
        counters: counters && ((own) => counters(name, own)),
      });
    }
  }
}
