import { join } from 'node:path';
import { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { ClientLimiter, Gate } from '../state/contracts.ts';
import type { StateServer, StateStatus } from '../state/fleet-contract.ts';
import { MemoryAccessControl } from '../state/memory/access-control.ts';
import { MemoryCache } from '../state/memory/cache.ts';
import { MemoryClientLimiter } from '../state/memory/client-limiter.ts';
import { MemoryGate } from '../state/memory/gate.ts';
import { LoneNode } from '../state/memory/lone-node.ts';
import { openSendJournal, type SendJournal } from '../state/memory/send-journal.ts';
import {
  type ClientLimitParts,
  type GateParts,
  type HotState,
  type HotStateNeeds,
  nodeId,
} from './hot-state.ts';

/** Hot state in the memory of this process. */
export class MemoryState implements HotState {
  readonly access: MemoryAccessControl;
  readonly cache: MemoryCache;
  readonly sharedCalls = new SharedCalls();
  readonly registry: LoneNode;
  readonly ruleRevisions = undefined;
  readonly flights = undefined;

  constructor(private readonly needs: HotStateNeeds) {
    const { clock, random, config } = needs;
    this.access = new MemoryAccessControl({ clock });
    this.cache = new MemoryCache(config.cache);
    this.registry = new LoneNode(nodeId(random), clock);
  }

  gate({ upstream, settings, lines, onEvent }: GateParts): Gate {
    const { clock, remember } = this.needs;
    const journal = lines !== undefined && remember ? this.journalOf(upstream) : undefined;
    return new MemoryGate({ clock, settings, lines, journal, onEvent });
  }

  clientLimiter({ rate, algorithm }: ClientLimitParts): ClientLimiter {
    return new MemoryClientLimiter({ clock: this.needs.clock, rate, algorithm });
  }

  status(): StateStatus {
    return { kind: 'memory' };
  }

  sharing(): undefined {
    return undefined;
  }

  async server(): Promise<StateServer | undefined> {
    return undefined;
  }

  async ready(): Promise<void> {}

  close(): void {}

  /** Undefined where nothing can be remembered: the gateway works all the same, and says so. */
  private journalOf({ name, limits }: GateParts['upstream']): SendJournal | undefined {
    const { clock, log, config } = this.needs;
    if (config.dataFolder === undefined || limits.length === 0) return undefined;
    const capacity = Math.max(...limits.map(({ rate }) => rate.count));
    const path = join(config.dataFolder, `${name}.sends`);
    try {
      return openSendJournal({ clock, path, capacity, pid: process.pid, isAlive });
    } catch (error) {
      const held = (error as { code?: unknown }).code === 'EHELD';
      // Two processes that know nothing of each other send twice what the provider allows.
      if (held) log.error({ upstream: name, path, err: error }, 'another process paces this upstream, too');
      else {
        const message = 'calls sent so far are not remembered across restarts';
        log.warn({ upstream: name, path, err: error }, message);
      }
      return undefined;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives and belongs to somebody else.
    return (error as { code?: string }).code === 'EPERM';
  }
}
