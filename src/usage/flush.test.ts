import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { usageSample } from '../../test/support/usage-samples.ts';
import { settle, VirtualClock } from '../shared/virtual-clock.ts';
import { UsageFlusher, type UsageFlusherOptions } from './flush.ts';
import { FACET_VALUE, type UsageChunk, type UsageSink } from './rollup.ts';

const MINUTE_MS = 60_000;
/** Starts a minute, so that tests read as if at 0. */
const EPOCH = 1_700_000_040_000;

type Fault = 'none' | 'before' | 'after';

/** A store that fails before or after it has done its work, and counts a sequence once, as the contract says. */
class FaultySink implements UsageSink {
  readonly faults: Fault[] = [];
  away = false;
  readonly chunks: UsageChunk[] = [];
  private readonly seen = new Map<string, number>();
  inside = 0;
  mostInside = 0;

  async upsert(chunk: UsageChunk): Promise<void> {
    this.inside++;
    this.mostInside = Math.max(this.mostInside, this.inside);
    await Promise.resolve();
    this.inside--;
    const fault = this.away ? 'before' : (this.faults.shift() ?? 'none');
    if (fault === 'before') throw new Error('connection refused');
    if ((this.seen.get(chunk.node) ?? 0) < chunk.sequence) {
      this.seen.set(chunk.node, chunk.sequence);
      this.chunks.push(structuredClone(chunk));
    }
    if (fault === 'after') throw new Error('connection lost');
  }

  get core(): number {
    return this.chunks.flatMap(({ core }) => core).reduce((sum, { count }) => sum + count, 0);
  }

  facet(name: string): number {
    return this.chunks
      .flatMap(({ facets }) => facets)
      .filter(({ facet }) => facet === name)
      .reduce((sum, { values }) => sum + values[FACET_VALUE.count]!, 0);
  }
}

function flusherOn(sink: UsageSink, options: Partial<UsageFlusherOptions> = {}) {
  const clock = new VirtualClock(0, EPOCH);
  return { clock, flusher: new UsageFlusher({ clock, sink, node: 'n', ...options }) };
}

describe('UsageFlusher', () => {
  test('flushes what was recorded every interval, by wall-clock minute', async () => {
    const sink = new FaultySink();
    const { clock, flusher } = flusherOn(sink);
    flusher.start();
    flusher.record(usageSample());
    await clock.advanceAsync(4_999);
    expect(sink.core).toBe(0);
    await clock.advanceAsync(1);
    expect(sink.core).toBe(1);
    await clock.advanceAsync(MINUTE_MS - 5_000 - 1);
    flusher.record(usageSample());
    await clock.advanceAsync(1);
    flusher.record(usageSample());
    await clock.advanceAsync(5_000);
    expect(sink.chunks.map(({ startMs }) => startMs)).toEqual([EPOCH, EPOCH, EPOCH + MINUTE_MS]);
    expect(flusher.status()).toMatchObject({ pendingCommands: 0, degraded: false });
    expect(flusher.status().lastFlushAtMs).toBe(clock.wallNow());
  });

  test('while nothing happens nothing is sent', async () => {
    const sink = new FaultySink();
    const { clock, flusher } = flusherOn(sink);
    flusher.start();
    await clock.advanceAsync(MINUTE_MS);
    expect(sink.chunks).toEqual([]);
  });

  test('a part of unknown fate comes again under its sequence, and counts once', async () => {
    const sink = new FaultySink();
    const { flusher } = flusherOn(sink, { maxChunkRows: 3 });
    for (let index = 0; index < 10; index++) flusher.record(usageSample({ client: `c${index}` }));
    sink.faults.push('none', 'after', 'before', 'after', 'none');
    for (let round = 0; round < 3; round++)
      expect(await flusher.flush().catch(() => 'failed')).toBe('failed');
    expect(flusher.status()).toMatchObject({
      degraded: true,
      lastError: 'connection lost',
      pendingCommands: 10,
    });
    await flusher.flush();
    expect(sink.core).toBe(10);
    expect(sink.facet('client')).toBe(10);
    expect(flusher.status()).toMatchObject({ degraded: false, lastError: undefined, pendingCommands: 0 });
  });

  test('never two flushes at once, and one that is asked for meanwhile takes the newest along', async () => {
    const sink = new FaultySink();
    const { flusher } = flusherOn(sink, { maxChunkRows: 1 });
    flusher.record(usageSample());
    const first = flusher.flush();
    flusher.record(usageSample());
    const second = flusher.flush();
    await Promise.all([first, second, flusher.flush()]);
    expect(sink.mostInside).toBe(1);
    expect(sink.core).toBe(2);
  });

  test('with the ledger away tries grow apart, a minute stays one rollup, and nothing is lost', async () => {
    const sink = new FaultySink();
    sink.away = true;
    const told: string[] = [];
    const log = {
      warn: (_: object, text: string) => told.push(text),
      info: (_: object, text: string) => told.push(text),
    };
    const { clock, flusher } = flusherOn(sink, { log });
    flusher.start();
    for (let second = 0; second < 600; second++) {
      flusher.record(usageSample({ client: `c${second % 7}` }));
      await clock.advanceAsync(1_000);
    }
    // The first interval is on its way; the ten minutes after it wait.
    expect(flusher.status()).toMatchObject({ degraded: true, pendingCommands: 600, pendingMinutes: 11 });
    sink.away = false;
    await clock.advanceAsync(30_000);
    // Waits for the one that the timer has begun.
    await flusher.flush();
    expect(sink.core).toBe(600);
    for (const facet of ['client', 'path', 'pair']) expect(sink.facet(facet)).toBe(600);
    expect(told).toEqual([
      'the usage ledger does not answer; rollups wait in memory',
      'the usage ledger is back',
    ]);
  });

  test('too many names that wait are given up, oldest first, and their sums are kept', async () => {
    const sink = new FaultySink();
    sink.away = true;
    const { clock, flusher } = flusherOn(sink, { maxPendingSeries: 500 });
    for (let minute = 0; minute < 20; minute++) {
      for (let index = 0; index < 100; index++)
        flusher.record(usageSample({ client: `c${minute}-${index}` }));
      await clock.advanceAsync(MINUTE_MS);
    }
    await flusher.flush().catch(() => {});
    expect(flusher.status().coarsened).toBeGreaterThan(10);
    expect(flusher.status().pendingSeries).toBeLessThan(1_000);
    sink.away = false;
    await flusher.flush();
    expect(sink.core).toBe(2_000);
    for (const facet of ['client', 'path', 'pair']) expect(sink.facet(facet)).toBe(2_000);
    const newest = sink.chunks.at(-1)!.facets.filter(({ facet }) => facet === 'pair');
    expect(newest.some(({ client }) => client === 'c19-99')).toBe(true);
  });

  test('too many minutes that wait become hours, then days, and their sums are kept', async () => {
    const sink = new FaultySink();
    sink.away = true;
    const { clock, flusher } = flusherOn(sink, { maxPendingMinutes: 10 });
    for (let minute = 0; minute < 3_000; minute++) {
      flusher.record(usageSample());
      clock.advance(MINUTE_MS);
    }
    expect(flusher.status().pendingMinutes).toBeLessThanOrEqual(11);
    sink.away = false;
    await flusher.flush();
    expect(sink.core).toBe(3_000);
    expect(sink.facet('pair')).toBe(3_000);
  });

  test('closing sends what is left, tries again, and tells when it could not', async () => {
    const sink = new FaultySink();
    const { clock, flusher } = flusherOn(sink);
    flusher.start();
    flusher.record(usageSample());
    sink.faults.push('before', 'after');
    const closing = flusher.close(1_000);
    await clock.advanceAsync(500);
    expect(await closing).toBe(true);
    expect(sink.core).toBe(1);
    await clock.advanceAsync(2_000);
    expect(clock.timers).toBe(0);

    const lost = flusherOn(sink);
    sink.away = true;
    lost.flusher.record(usageSample());
    const hopeless = lost.flusher.close(1_000);
    await lost.clock.advanceAsync(1_000);
    expect(await hopeless).toBe(false);
    expect(lost.flusher.status().pendingCommands).toBe(1);
    await settle();
    expect(lost.clock.timers).toBe(0);
  });

  test('a ledger that never answers is given up on and asked again', async () => {
    const sink = new FaultySink();
    let silent = true;
    const { clock, flusher } = flusherOn({
      upsert: (chunk) => (silent ? new Promise(() => {}) : sink.upsert(chunk)),
    });
    flusher.start();
    flusher.record(usageSample());
    await clock.advanceAsync(5_000 + 30_000);
    expect(flusher.status()).toMatchObject({ degraded: true, pendingCommands: 1 });
    silent = false;
    await clock.advanceAsync(10_000);
    expect(sink.core).toBe(1);
    expect(flusher.status().degraded).toBe(false);
  });

  test('clients are stored under the name that the option makes of them', async () => {
    const sink = new FaultySink();
    const { flusher } = flusherOn(sink, { nameClient: (client) => client.toUpperCase() });
    flusher.record(usageSample({ client: 'acme' }));
    await flusher.flush();
    expect(JSON.stringify(sink.chunks)).not.toContain('acme');
    expect(sink.chunks[0]!.facets.map(({ client }) => client)).toContain('ACME');
  });

  test('whatever fails and whenever, everything is counted exactly once', async () => {
    const fault = fc.constantFrom<Fault>('none', 'none', 'before', 'after');
    const step = fc.oneof(
      fc.record({ record: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ advanceMs: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ faults: fc.array(fault, { maxLength: 6 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const sink = new FaultySink();
        const bounds = { clients: 5, paths: 5, pairs: 5 };
        const { clock, flusher } = flusherOn(sink, {
          maxChunkRows: 2,
          maxPendingSeries: 20,
          maxPendingMinutes: 4,
          bounds,
        });
        flusher.start();
        let recorded = 0;
        for (const one of steps) {
          if ('faults' in one) sink.faults.push(...one.faults);
          else if ('advanceMs' in one) await clock.advanceAsync(one.advanceMs);
          else {
            for (let index = 0; index < one.record; index++, recorded++) {
              flusher.record(usageSample({ client: `c${index % 9}`, path: `/${index % 4}` }));
            }
          }
        }
        sink.faults.length = 0;
        await flusher.flush();
        expect(sink.core).toBe(recorded);
        for (const facet of ['client', 'path', 'pair']) expect(sink.facet(facet)).toBe(recorded);
        expect(flusher.status().pendingCommands).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
