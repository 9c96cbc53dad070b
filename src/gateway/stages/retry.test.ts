import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { StreamBody } from '../body.ts';
import { staleConnection } from '../transport/transport.ts';
import { type AttemptOptions, Attempts, replyOf } from './attempt.fixture.ts';

const limits = [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 0 }];
const stale = () =>
  Promise.reject(staleConnection(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
const unreachable = () => Promise.reject(new GatewayError('upstream_unreachable', { detail: '' }));

async function run(attempts: Attempts, command = attempts.command()) {
  const call = attempts.call(command);
  await attempts.clock.advanceAsync(60_000);
  return call;
}

describe('the retry stage', () => {
  test('tries again until it goes well, within the attempts', async () => {
    const attempts = new Attempts((attempt) => replyOf(attempt < 3 ? 503 : 200), { retry: { attempts: 3 } });
    const command = attempts.command();
    expect(await run(attempts, command)).toMatchObject({ status: 200 });
    expect(command.attempts).toBe(3);
    const [first, second, third] = attempts.atMs;
    expect(second! - first!).toBeLessThanOrEqual(100);
    expect(third! - second!).toBeLessThanOrEqual(200);
  });

  test('when the attempts are used up the last answer goes out as it is', async () => {
    const attempts = new Attempts((attempt) => replyOf(500 + attempt), { retry: { attempts: 2 } });
    expect(await run(attempts)).toMatchObject({ status: 502 });
    expect(attempts.atMs.length).toBe(2);
  });

  test.each<[string, AttemptOptions, { method?: string }, () => Promise<never>]>([
    ['one attempt', { retry: { attempts: 1 } }, {}, unreachable],
    ['an unsafe method', { retry: { attempts: 3 } }, { method: 'POST' }, unreachable],
    [
      'a refusal of ours',
      { retry: { attempts: 3 } },
      {},
      () => Promise.reject(new GatewayError('queue_full', { detail: '' })),
    ],
    ['a failure that is not named', { retry: { attempts: 3, on: [409] } }, {}, unreachable],
    ['no budget', { retry: { attempts: 3 }, budget: { ratio: 0, minPerMinute: 0 } }, {}, unreachable],
  ])('not with %s', async (_name, options, facts, upstream) => {
    const attempts = new Attempts(upstream, options);
    expect(await run(attempts, attempts.command(facts))).toBeInstanceOf(GatewayError);
    expect(attempts.atMs.length).toBe(1);
  });

  test('an unsafe method where the route names it', async () => {
    const attempts = new Attempts((attempt) => replyOf(attempt === 1 ? 500 : 200), {
      retry: { attempts: 2, methods: ['POST'] },
    });
    expect(await run(attempts, attempts.command({ method: 'POST' }))).toMatchObject({ status: 200 });
  });

  test('a body that streams cannot be sent twice', async () => {
    const stream = new StreamBody({ read: async () => undefined, cancel: () => {} });
    const attempts = new Attempts(unreachable, { retry: { attempts: 3, methods: ['POST'] } });
    await run(attempts, attempts.command({ method: 'POST', body: { kind: 'stream', stream, length: 0 } }));
    expect(attempts.atMs.length).toBe(1);
  });

  test('Retry-After is never shortened, and nobody else calls meanwhile', async () => {
    const attempts = new Attempts(
      (attempt) => (attempt === 1 ? replyOf(429, [['Retry-After', '3']]) : replyOf(200)),
      { retry: { attempts: 2 } },
    );
    const first = attempts.call();
    const other = attempts.call();
    await attempts.clock.advanceAsync(10_000);
    expect([await first, await other]).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(attempts.atMs.slice(2).every((atMs) => atMs >= 3_000)).toBe(true);
  });

  test('no retry that could only come after the deadline', async () => {
    const attempts = new Attempts(() => replyOf(503, [['Retry-After', '30']]), { retry: { attempts: 3 } });
    expect(await run(attempts, attempts.command({ deadlineMs: 20_000 }))).toMatchObject({ status: 503 });
    expect(attempts.atMs.length).toBe(1);
  });

  test('every attempt pays for its slot, and its backoff holds none', async () => {
    const attempts = new Attempts((attempt) => replyOf(attempt === 1 ? 500 : 200), {
      retry: { attempts: 2, initialDelayMs: 5_000, maxDelayMs: 5_000 },
      gate: { limits },
    });
    const retried = attempts.call();
    await attempts.clock.advanceAsync(0);
    const others = [attempts.call(), attempts.call()];
    await attempts.clock.advanceAsync(60_000);
    expect(await Promise.all([retried, ...others])).toMatchObject(Array(3).fill({ status: 200 }));
    const spacings = attempts.atMs.slice(1).map((atMs, index) => atMs - attempts.atMs[index]!);
    expect(Math.min(...spacings)).toBeGreaterThanOrEqual(1_000);
    expect(attempts.atMs.slice(1, 3)).toEqual([1_000, 2_000]);
  });

  test('a client that leaves during the backoff is let go at once', async () => {
    const controller = new AbortController();
    const attempts = new Attempts(() => replyOf(503, [['Retry-After', '5']]), { retry: { attempts: 3 } });
    const call = attempts.call(attempts.command({ signal: controller.signal }));
    await attempts.clock.advanceAsync(1_000);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect([attempts.atMs.length, attempts.clock.timers]).toEqual([1, 0]);
  });

  test('an answer that is not used is not read on', async () => {
    let cancelled = 0;
    const attempts = new Attempts(
      (attempt) =>
        attempt === 1
          ? replyOf(
              500,
              [],
              new StreamBody({ read: async () => new Uint8Array(1), cancel: () => void cancelled++ }),
            )
          : replyOf(200),
      { retry: { attempts: 2 }, gate: { concurrency: 1 } },
    );
    expect(await run(attempts)).toMatchObject({ status: 200 });
    expect([cancelled, attempts.gate.snapshot().running]).toEqual([1, 0]);
  });

  describe('a reused connection that the upstream had closed', () => {
    test('is tried once more at the gate for a safe method, besides the configured attempts', async () => {
      const attempts = new Attempts((attempt) => (attempt === 1 ? stale() : replyOf(200)), {
        gate: { limits },
      });
      const command = attempts.command();
      expect(await run(attempts, command)).toMatchObject({ status: 200 });
      expect(attempts.atMs).toEqual([0, 1_000]);
      expect(command.attempts).toBe(2);
    });

    test('once, not again and again', async () => {
      const attempts = new Attempts(stale, { gate: { limits } });
      expect(await run(attempts)).toBeInstanceOf(GatewayError);
      expect(attempts.atMs.length).toBe(2);
    });

    test('never for a POST', async () => {
      const attempts = new Attempts(stale, { gate: { limits } });
      expect(await run(attempts, attempts.command({ method: 'POST' }))).toBeInstanceOf(GatewayError);
      expect(attempts.atMs.length).toBe(1);
    });
  });
});
