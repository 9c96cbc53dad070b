import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test';
import { liveData, NOW } from './live.fixture.ts';
import { LiveStream } from './live-stream.ts';

const SNAPSHOT = JSON.stringify({ ...liveData(), now: new Date(NOW).toISOString(), started_at: '' });

/** A gateway whose answers the test writes, and a clock that it moves. */
function follow() {
  let now = 0;
  const calls: {
    readonly lastEventId: string | undefined;
    readonly signal: AbortSignal;
    answer(text: string): void;
  }[] = [];
  const stream = new LiveStream(
    (lastEventId, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        calls.push({
          lastEventId,
          signal,
          answer: (text) => {
            const body = new ReadableStream<Uint8Array>({
              start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
            });
            resolve(new Response(body));
          },
        });
      }),
    () => now,
  );
  const settle = async () => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return {
    stream,
    calls,
    kind: () => stream.snapshot().connection.kind,
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 100) {
        now += 100;
        jest.advanceTimersByTime(100);
        await settle();
      }
    },
    async frame(id: string) {
      calls.at(-1)?.answer(`event: snapshot\nid: ${id}\ndata: ${SNAPSHOT}\n\n`);
      await settle();
    },
  };
}

describe('LiveStream', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('gives up an attempt that nobody answers, says so, and tries again', async () => {
    const { stream, calls, kind, pass } = follow();
    stream.start();
    await pass(9_900);
    expect([kind(), calls.length]).toEqual(['connecting', 1]);
    await pass(700);
    expect(kind()).toBe('lost');
    const { connection } = stream.snapshot();
    expect(connection.kind === 'lost' && connection.reason?.code).toBe('unreachable');
    expect(calls[0]?.signal.aborted).toBe(true);
    await pass(600);
    expect(calls).toHaveLength(2);
    await pass(20_000);
    expect(calls.length).toBeGreaterThan(2);
    stream.stop();
  });

  test('is live from the first frame, and lost when none comes any more', async () => {
    const { stream, calls, kind, pass, frame } = follow();
    stream.start();
    await frame('b-1');
    await pass(3_000);
    expect(kind()).toBe('live');
    await pass(1_000);
    expect(kind()).toBe('lost');
    await pass(1_000);
    expect(calls.map(({ lastEventId }) => lastEventId)).toEqual([undefined, 'b-1']);
    stream.stop();
  });

  test('lets its connection go when nobody looks for long, and goes on when somebody does', async () => {
    const { stream, calls, kind, pass, frame } = follow();
    stream.start();
    await frame('b-1');
    stream.seen(false);
    await pass(2_000);
    stream.seen(true);
    expect([kind(), calls.length]).toEqual(['live', 1]);

    stream.seen(false);
    await pass(60_000);
    expect(calls.every(({ signal }) => signal.aborted)).toBe(true);
    expect(kind()).toBe('connecting');
    const before = calls.length;
    stream.seen(true);
    expect(calls).toHaveLength(before + 1);
    expect(calls.at(-1)?.lastEventId).toBe('b-1');
    await frame('b-61');
    expect(kind()).toBe('live');
    stream.stop();
  });

  test('does not ask again by itself when it rests after a sign-out', async () => {
    const { stream, calls, kind, pass } = follow();
    stream.start();
    stream.signOut();
    stream.seen(false);
    await pass(20_000);
    stream.seen(true);
    expect([kind(), calls.length]).toEqual(['signed_out', 1]);
  });
});
