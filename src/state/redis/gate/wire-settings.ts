import { type BreakerSettings, checkBreakerSettings } from '../../../policies/breaker/settings.ts';
import { LimitSet } from '../../../policies/limiter/limit-set.ts';
import { createRanker, type QueuePolicy } from '../../../policies/queue/rank.ts';
import type { GateSettings } from '../../contracts.ts';
import type { WireSettings } from './gate-link.ts';

/** Throws RangeError naming the bad setting, as the gate of one process does. */
export function checkSettings({ limits, queue, breaker }: GateSettings): void {
  if (breaker !== undefined) checkBreakerSettings(breaker);
  new LimitSet(limits);
  createRanker(queue.policy, queue);
}

export function toWire({ limits, concurrency, queue, breaker }: GateSettings): WireSettings {
  const weights = Object.entries(queue.weights).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    limits: limits.map(({ rate, even, guardMs }) => ({
      c: rate.count,
      w: rate.windowMs,
      // The scripts' numbers have fewer digits: rounded up to what they keep, or one limit would be taken for two.
      g: Math.ceil(guardMs * 1_000 - 1e-6) / 1_000,
      e: even,
    })),
    concurrency,
    policy: queue.policy,
    aging: queue.agingMs,
    max_size: queue.maxSize,
    ws: JSON.stringify(weights),
    breaker: breaker && breakerToWire(breaker),
  };
}

/** Only what the breaker goes by: configuration may carry more. */
function breakerToWire(settings: BreakerSettings): BreakerSettings {
  const { consecutive, failureRate, slowCalls, openForMs, probes, probeTimeoutMs } = settings;
  return { consecutive, failureRate, slowCalls, openForMs, probes, probeTimeoutMs };
}

export function fromWire(wire: WireSettings): GateSettings {
  const limits = Array.isArray(wire.limits) ? wire.limits : [];
  const breaker = wire.breaker as Partial<BreakerSettings> | undefined;
  return {
    limits: limits.map(({ c, w, g, e }: WireSettings['limits'][number]) => ({
      rate: { count: c, windowMs: w },
      even: e,
      guardMs: g,
    })),
    concurrency: wire.concurrency,
    queue: {
      policy: wire.policy as QueuePolicy,
      agingMs: wire.aging,
      maxSize: wire.max_size,
      weights: Object.fromEntries(JSON.parse(wire.ws) as Array<[string, number]>),
    },
    breaker: breaker && {
      consecutive: undefined,
      failureRate: undefined,
      slowCalls: undefined,
      ...(breaker as Pick<BreakerSettings, 'openForMs' | 'probes' | 'probeTimeoutMs'>),
    },
  };
}
