import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../../shared/errors.ts';
import { settle } from '../../shared/virtual-clock.ts';
import type { Grant } from '../../state/contracts.ts';
import { StreamBody } from '../body.ts';
import { staleGrant } from '../transport/transport.ts';
import { Attempts, replyOf } from './attempt.fixture.ts';

const breaker = {
  consecutive: 2,
  failureRate: undefined,
  slowCalls: undefined,
  openForMs: 5_000,
  probes: 1,
  probeTimeoutMs: 5_000,
};

describe('the gate stage', () => {
  test('notes the attempt, its wait and its time', async () => {
    const limits = [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 0 }];
    const attempts = new Attempts(() => replyOf(200), { gate: { limits } });
    await attempts.call();
    const command = attempts.command();
    const call = attempts.call(command);
    await attempts.clock.advanceAsync(1_000);
    expect(await call).toMatchObject({ status: 200 });
    expect(command).toMatchObject({ attempts: 1, queueMs: 1_000, upstreamMs: 0 });
    expect(attempts.atMs).toEqual([0, 1_000]);
    expect(attempts.gate.snapshot().running).toBe(0);
  });

  test('a grant that has grown old is given back, and its ticket waits again with its rank', async () => {
    const limits = [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 0 }];
    let isOld = true;
    const attempts = new Attempts(
      () => {
        if (!isOld) return replyOf(200);
        isOld = false;
        throw staleGrant();
      },
      { gate: { limits } },
    );
    const command = attempts.command();
    const { enter } = attempts.gate;
    const fresh = [false, true, true];
    attempts.gate.enter = (ticket, signal) => {
      const grant = Reflect.apply(enter, attempts.gate, [ticket, signal]) as Grant;
      const isFresh = fresh.shift() ?? true;
      // The stage's own transport says `sent` at once; this one is about grants that were not.
      return Object.assign(grant, { isFresh: () => isFresh, ...(isOld && { sent: () => {} }) });
    };
    expect(await attempts.call(command)).toMatchObject({ status: 200 });
    expect(command.attempts).toBe(1);
    expect(attempts.gate.snapshot()).toMatchObject({ running: 0, counters: { granted: 3, sent: 1 } });
  });

  test('a client that gives up waiting is noted with the time that it waited', async () => {
    const limits = [{ rate: { count: 1, windowMs: 60_000 }, even: false, guardMs: 0 }];
    const attempts = new Attempts(() => replyOf(200), { gate: { limits } });
    await attempts.call();
    const controller = new AbortController();
    const command = attempts.command({ signal: controller.signal });
    const gone = attempts.call(command);
    await attempts.clock.advanceAsync(2_200);
    controller.abort(new Error('gone'));
    expect(await gone).toBeInstanceOf(Error);
    expect(command).toMatchObject({ attempts: 0, queueMs: 2_200, upstreamMs: undefined });
  });

  test.each([
    ['a 500', () => replyOf(500), 'open'],
    ['a timeout', () => Promise.reject(new GatewayError('upstream_timeout', { detail: '' })), 'open'],
    [
      'a lost connection',
      () => Promise.reject(new GatewayError('upstream_unreachable', { detail: '' })),
      'open',
    ],
    ['a 404', () => replyOf(404), 'closed'],
    ['a 429', () => replyOf(429), 'closed'],
    ['a defect of ours', () => Promise.reject(new Error('bug')), 'closed'],
    ['a client that left', () => Promise.reject(new DOMException('gone', 'AbortError')), 'closed'],
  ])('%s, twice: the breaker is %p', async (_name, upstream, kind) => {
    const attempts = new Attempts(upstream, { gate: { breaker } });
    await attempts.call();
    await attempts.call();
    expect(attempts.gate.snapshot()).toMatchObject({ running: 0, breaker: { kind } });
  });

  test('a 429 counts where the configuration says so', async () => {
    const attempts = new Attempts(() => replyOf(429), {
      gate: { breaker },
      upstream: { breaker: { ...breaker, failures: [429] } },
    });
    await attempts.call();
    await attempts.call();
    expect(attempts.gate.snapshot().breaker?.kind).toBe('open');
  });

  test.each([
    [429, [['Retry-After', '3']], undefined, 3_000],
    [503, [['retry-after', '2']], undefined, 2_000],
    [429, [], 1_500, 1_500],
    [429, [['Retry-After', '1']], 9_000, 1_000],
    [503, [], 1_500, undefined],
    [429, [], undefined, undefined],
    [500, [['Retry-After', '3']], undefined, undefined],
  ] as const)('%p with %p and a penalty of %p pauses for %p', async (status, headers, penaltyMs, untilMs) => {
    const attempts = new Attempts(() => replyOf(status, headers), { upstream: { penaltyMs } });
    await attempts.call();
    expect(attempts.gate.snapshot().pause?.untilMs).toBe(untilMs);
  });

  test('while the upstream is paused no call reaches it, and a client that leaves frees its place', async () => {
    const attempts = new Attempts((attempt) =>
      attempt === 1 ? replyOf(429, [['Retry-After', '3']]) : replyOf(200),
    );
    await attempts.call();
    const controller = new AbortController();
    const gone = attempts.call(attempts.command({ signal: controller.signal }));
    const waiting = attempts.call();
    await attempts.clock.advanceAsync(2_999);
    expect([attempts.atMs.length, attempts.gate.snapshot().waiting]).toEqual([1, 2]);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await gone).toBe(reason);
    expect(attempts.gate.snapshot().waiting).toBe(1);
    await attempts.clock.advanceAsync(1);
    expect(await waiting).toMatchObject({ status: 200 });
    expect(attempts.atMs).toEqual([0, 3_000]);
  });

  test('a streamed answer holds its place until its end, and breaking off is a failure', async () => {
    for (const [pieces, kind] of [
      [[new Uint8Array(1), undefined], 'closed'],
      [[new Uint8Array(1), new Error('broken off')], 'open'],
    ] as const) {
      const bodies: StreamBody[] = [];
      const upstream = () => {
        let next = 0;
        const body = new StreamBody({
          read: async () => {
            const piece = pieces[next++];
            if (piece instanceof Error) throw piece;
            return piece;
          },
          cancel: () => {},
        });
        bodies.push(body);
        return replyOf(200, [], body);
      };
      const attempts = new Attempts(upstream, {
        gate: { breaker: { ...breaker, consecutive: 1 }, concurrency: 1 },
      });
      await attempts.call();
      expect(attempts.gate.snapshot().running).toBe(1);
      await bodies[0]!.read();
      await bodies[0]!.read().catch(() => {});
      expect(attempts.gate.snapshot()).toMatchObject({ running: 0, breaker: { kind } });
    }
  });

  test('a streamed answer that the client does not read on is no failure', async () => {
    const body = new StreamBody({ read: async () => new Uint8Array(1), cancel: () => {} });
    const attempts = new Attempts(() => replyOf(200, [], body), {
      gate: { breaker: { ...breaker, consecutive: 1 } },
    });
    await attempts.call();
    body.cancel(new Error('gone'));
    expect(attempts.gate.snapshot()).toMatchObject({ running: 0, breaker: { kind: 'closed' } });
  });

  test('a client that leaves between grant and call gives the slot to the next', async () => {
    const limits = [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 0 }];
    const attempts = new Attempts(() => replyOf(200), { gate: { limits } });
    await attempts.call();
    const controller = new AbortController();
    const gone = attempts.call(attempts.command({ signal: controller.signal }));
    const next = attempts.call();
    // Synchronously at the grant: the promise has not been heard of yet.
    attempts.clock.after(1_000, () => controller.abort(new Error('gone')));
    await attempts.clock.advanceAsync(1_000);
    await settle();
    expect(await gone).toBeInstanceOf(Error);
    expect(await next).toMatchObject({ status: 200 });
    expect(attempts.atMs).toEqual([0, 1_000]);
  });
});
