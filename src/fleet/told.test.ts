import { describe, expect, test } from 'bun:test';
import { LiveSampler } from '../live/sampler.ts';
import { AT, UsageTotals } from '../live/usage-totals.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { MemoryGate } from '../state/memory/gate.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { heardFacts, type NodeFacts, tellFacts } from './node-facts.ts';
import { heardState, tellState } from './node-state.ts';
import { HeardSecond, tellSecond } from './told-second.ts';

const UNPACED = {
  limits: [],
  concurrency: undefined,
  queue: { policy: 'fifo' as const, agingMs: 0, maxSize: 10, weights: {} },
  breaker: undefined,
};

const finished = (totalMs: number) => ({
  outcome: 'success' as const,
  status: 200,
  bytes: 10,
  totalMs,
  queueMs: 1,
  upstreamMs: 2,
  attempts: 1,
  cache: 'miss' as const,
  errorCode: undefined,
});

/** A node in virtual time, with one upstream. */
function node() {
  const clock = new VirtualClock(10_000);
  const recorder = new UsageRecorder();
  const gate = new MemoryGate({ clock, settings: UNPACED });
  const sampler = new LiveSampler({ clock, recorder, gates: () => [['score', gate]] });
  sampler.start();
  const call = (totalMs: number) => {
    const now = clock.now();
    const ticket = {
      id: 'x',
      client: 'c',
      urgency: 3 as const,
      arrivedAtMs: now,
      deadlineMs: now + 1e6,
      cost: 1,
    };
    const grant = gate.enter(ticket);
    if (grant instanceof Promise) throw new Error('had to wait');
    grant.sent();
    grant.end('success');
    recorder.record(recorder.series('/a', 'score'), finished(totalMs));
  };
  return { clock, recorder, gate, sampler, call };
}

describe('a second', () => {
  test('arrives as it was told', () => {
    const { clock, sampler, call, recorder } = node();
    call(3);
    call(250);
    recorder.record(recorder.series('/a', 'score'), {
      ...finished(9),
      outcome: 'refused',
      errorCode: 'queue_full',
      cache: 'hit',
    });
    clock.advance(1_000);
    const totals = new UsageTotals();
    totals.copyFrom(sampler.lastSecond());
    const heard = new HeardSecond(tellSecond(sampler.samples().at(-1)!, totals));
    expect([...heard.totals.values]).toEqual([...totals.values]);
    expect([...heard.totals.latency.buckets]).toEqual([...totals.latency.buckets]);
    expect(heard.totals.latency.sumMs).toBeCloseTo(262, 2);
    expect([...heard.upstreams]).toEqual([['score', { arrivals: 2, sends: 2, cached: 1 }]]);
  });

  test('in which nothing happened is a few bytes', () => {
    const { clock, sampler } = node();
    clock.advance(1_000);
    expect(tellSecond(sampler.samples().at(-1)!, sampler.lastSecond())).toBe('{}');
  });

  test('in which a lot happened stays short', () => {
    const { clock, sampler, call } = node();
    for (let index = 0; index < 5_000; index++) call(0.02 * 1.003 ** index);
    clock.advance(1_000);
    const text = tellSecond(sampler.samples().at(-1)!, sampler.lastSecond());
    expect(text.length).toBeLessThan(1_500);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"n":-1,"h":[3,1,0,5],"u":[1],"o":"x"}',
    '{"n":"7","ms":{},"u":{"a":null}}',
    '{"n":',
  ])('that cannot be read tells of nothing: %s', (text) => {
    const heard = new HeardSecond(text);
    expect([...heard.totals.values].every((value) => value === 0)).toBe(true);
    expect(heard.totals.latency.count).toBe(0);
  });

  test('of a version with other codes is read as far as it is known', () => {
    const heard = new HeardSecond(
      '{"n":2,"e":{"queue_full":1,"no_such_code":1},"o":{"success":1,"novel":1}}',
    );
    const found = [...heard.totals.values]
      .map((value, index) => [index, value])
      .filter(([, value]) => value !== 0);
    expect(found.map(([, value]) => value)).toEqual([2, 1, 1]);
    expect(found[0]).toEqual([AT.total, 2]);
  });
});

describe('a state', () => {
  test('arrives as it was told', () => {
    const { gate, recorder, call } = node();
    call(3);
    call(5);
    recorder.inFlight = 4;
    const heard = heardState(
      tellState({ configHash: 'abc', recorder, perSecond: 7, gates: [['score', gate.snapshot()]] }),
    );
    expect(heard).toMatchObject({ configHash: 'abc', requests: 2, successes: 2, inFlight: 4, perSecond: 7 });
    expect(heard.latency.averageMs).toBeCloseTo(4, 2);
    const { entered, granted, sent, cancelled, refused } = gate.snapshot().counters;
    expect(heard.gates.get('score')).toEqual({ entered, granted, sent, cancelled, refused });
  });

  test('of a gate that others share tells what waits and runs here', () => {
    const { gate, recorder } = node();
    const shared = { ...gate.snapshot(), waiting: 90, running: 9, own: { waiting: 3, running: 1 } };
    const heard = heardState(
      tellState({ configHash: '', recorder, perSecond: 0, gates: [['score', shared]] }),
    );
    expect([heard.waiting, heard.running]).toEqual([3, 1]);
  });

  test.each(['', '7', '{"n":[1e999,null,-1,"x"],"g":{"a":7}}'])(
    'that cannot be read is nothing: %s',
    (text) => {
      const heard = heardState(text);
      expect([heard.requests, heard.waiting, heard.latency.count]).toEqual([0, 0, 0]);
    },
  );
});

describe('facts', () => {
  const facts: NodeFacts = {
    host: 'a',
    pid: 7,
    version: '1.0.0',
    startedAtMs: 5,
    url: 'http://a:8000',
    adminUrl: undefined,
    agreement: { routes: 'x' },
  };

  test('arrive as they were told', () => {
    expect(heardFacts(tellFacts(facts))).toEqual(facts);
  });

  test.each([undefined, '', '{}', '{"host":1,"pid":2,"startedAtMs":3}'])(
    'that cannot be read are none: %p',
    (text) => {
      expect(heardFacts(text)).toBeUndefined();
    },
  );
});
