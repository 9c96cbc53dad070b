import { MinuteRollup, type RollupPart } from '../../src/usage/minute-rollup.ts';
import type { UsageChunk, UsageSample } from '../../src/usage/rollup.ts';

/** A finished command, ordinary in whatever is not said. */
export function usageSample(facts: Partial<UsageSample> = {}): UsageSample {
  return {
    route: '/items/*',
    upstream: 'shop',
    client: 'acme',
    path: '/items/1',
    method: 'GET',
    outcome: 'success',
    status: 200,
    bytes: 100,
    totalMs: 12,
    queueMs: 2,
    upstreamMs: 9,
    attempts: 1,
    cache: 'none',
    errorCode: undefined,
    ...facts,
  };
}

/** What these samples make of one minute, in parts. */
export function partsOf(startMs: number, samples: Iterable<UsageSample>, maxRows = 250): RollupPart[] {
  const rollup = new MinuteRollup(startMs);
  for (const sample of samples) rollup.record(sample);
  return [...rollup.parts(maxRows)];
}

/** A node that sends what it is given, each part under its next sequence. */
export class TestNode {
  sequence = 0;

  constructor(readonly name: string) {}

  chunks(startMs: number, samples: Iterable<UsageSample>): UsageChunk[] {
    return partsOf(startMs, samples).map((part) => ({
      node: this.name,
      sequence: ++this.sequence,
      ...part,
    }));
  }
}
