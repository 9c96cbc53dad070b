import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { gateChunk } from '../../src/state/redis/gate/gate-scripts.ts';
import { gateKeys } from '../../src/state/redis/keys.ts';
import { assembleScript, runScript } from '../../src/state/redis/scripts.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import breaker from '../vectors/breaker.json' with { type: 'json' };
import limiter from '../vectors/limiter.json' with { type: 'json' };
import rank from '../vectors/rank.json' with { type: 'json' };

/** The policies in Lua, on a real Redis, must decide as those in TypeScript do: the same tables drive both. */
const chunks = (['clock', 'state', 'limits', 'breaker', 'rank', 'next-order', 'queue'] as const).map(
  gateChunk,
);
const main = readFileSync(new URL('../vectors/lua-vectors.fixture.lua', import.meta.url), 'utf8');
const script = assembleScript(chunks, main);
const keys = gateKeys('vectors', 'one');

interface Case {
  readonly name: string;
  readonly steps: ReadonlyArray<{ readonly expect?: unknown }>;
}

/** `inf` is null in the vectors; ms agree to the thousandth. */
function written(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (_, value) => {
      if (value === 'inf') return null;
      return typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
    }),
  );
}

describe.skipIf(!hasRedis)('vectors, in Lua', () => {
  let server: TestRedis;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => void (await client.flushall()));

  for (const [file, cases] of [
    ['limiter', limiter.cases],
    ['breaker', breaker.cases],
    ['rank', rank.cases],
  ] as const) {
    for (const vector of cases as unknown as Case[]) {
      test(`${file}.json: ${vector.name}`, async () => {
        const raw = await runScript(client, script, keys, [file, JSON.stringify(vector)]);
        const answers = JSON.parse(String(raw)) as unknown[];
        for (const [index, step] of vector.steps.entries()) {
          if (!('expect' in step)) continue;
          const answer = written(answers[index]);
          expect({ step, answer }).toEqual({ step, answer: step.expect });
        }
      });
    }
  }
});
