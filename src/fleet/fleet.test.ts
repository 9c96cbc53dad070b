import { describe, expect, test } from 'bun:test';
import { LiveSampler } from '../live/sampler.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import type { FleetBeat, FleetLook, FleetNode, FleetRegistry } from '../state/fleet-contract.ts';
import { MemoryGate } from '../state/memory/gate.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { Fleet } from './fleet.ts';

const UNPACED = {
  limits: [],
  concurrency: undefined,
  queue: { policy: 'fifo' as const, agingMs: 0, maxSize: 10, weights: {} },
  breaker: undefined,
};

/** What all nodes of a test share: a registry in memory, which can be away. */
class Board {
  readonly nodes = new Map<
    string,
    { beats: FleetBeat[]; facts: string | undefined; atMs: number; seconds: number[] }
  >();
  away = false;
  looks = 0;

  constructor(readonly clock: VirtualClock) {}

  registry(id: string): FleetRegistry {
    const board = this;
    return {
      id,
      get size() {
        return Math.max(1, board.nodes.size);
      },
      lostBeats: 0,
      describe: (facts) => {
        board.nodes.set(id, { beats: [], facts, atMs: board.clock.now(), seconds: [] });
      },
      beat: async (beat) => {
        if (board.away) return;
        const node = board.nodes.get(id);
        node?.beats.push(beat);
        node?.seconds.push(Math.round((board.clock.now() - beat.endedAgoMs) / 1_000));
      },
      look: async ({ seconds }): Promise<FleetLook> => {
        if (board.away) throw new Error('away');
        board.looks++;
        return { second: Math.floor(board.clock.now() / 1_000), nodes: board.list(seconds) };
      },
      claim: async () => true,
      release: async () => {},
      leave: async () => void board.nodes.delete(id),
    };
  }

  private list(seconds: number): FleetNode[] {
    return [...this.nodes]
      .filter(([, { beats }]) => beats.length > 0)
      .map(([id, { beats, facts, seconds: ended }]) => ({
        id,
        ageMs: 0,
        facts,
        state: beats.at(-1)!.state,
        seconds: beats
          .map(({ seq, second }, index) => ({ seq, second: ended[index]!, text: second }))
          .slice(seconds === 0 ? beats.length : -seconds),
      }));
  }
}

class Node {
  readonly recorder = new UsageRecorder();
  readonly gate: MemoryGate;
  readonly sampler: LiveSampler;
  readonly fleet: Fleet;
  watched = false;

  constructor(board: Board, id: string, hash = 'same') {
    const { clock } = board;
    this.gate = new MemoryGate({ clock, settings: UNPACED });
    const gates = () => [['score', this.gate] as const];
    this.sampler = new LiveSampler({ clock, recorder: this.recorder, gates });
    this.fleet = new Fleet({
      clock,
      registry: board.registry(id),
      own: this.sampler,
      recorder: this.recorder,
      gates,
      isWatched: () => this.watched,
    });
    const facts = { host: id, pid: 1, version: '1', startedAtMs: 0, url: '', adminUrl: undefined };
    this.fleet.introduce(facts, { hash, parts: { 'upstreams.score.limits': hash } });
    this.sampler.start();
  }

  call(totalMs: number, times = 1): void {
    for (let index = 0; index < times; index++) {
      const ticket = { id: 'x', client: 'c', urgency: 3 as const, arrivedAtMs: 0, deadlineMs: 1e9, cost: 1 };
      const grant = this.gate.enter(ticket);
      if (grant instanceof Promise) throw new Error('had to wait');
      grant.sent();
      grant.end('success');
      this.recorder.record(this.recorder.series('/a', 'score'), {
        outcome: 'success',
        status: 200,
        bytes: 1,
        totalMs,
        queueMs: 0,
        upstreamMs: 0,
        attempts: 1,
        cache: 'none',
        errorCode: undefined,
      });
    }
  }
}

function fleetOfTwo() {
  const clock = new VirtualClock(10_000);
  const board = new Board(clock);
  const [a, b] = [new Node(board, 'a'), new Node(board, 'b')];
  const second = async (): Promise<void> => {
    clock.advance(1_000 - (clock.now() % 1_000));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(300);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { clock, board, a, b, second };
}

describe('samples of the fleet', () => {
  test('are those of all nodes together, percentiles of all requests', async () => {
    const { a, b, second } = fleetOfTwo();
    a.watched = true;
    await second();
    a.call(1, 99);
    b.call(1_000, 1);
    b.recorder.inFlight = 3;
    a.recorder.inFlight = 2;
    await second();
    const sample = a.fleet.sampler.samples().at(-1)!;
    expect(sample.requests).toBe(100);
    expect(sample.upstreams.score).toMatchObject({ arrivals: 100, sends: 100 });
    expect(sample.inFlight).toBe(5);
    // The mean of the two nodes' medians would be 500 ms.
    expect(sample.latency!.p50Ms).toBeLessThan(2);
    expect(sample.latency!.count).toBe(100);
    expect(a.fleet.sampler.minute().latency!.count).toBe(100);
    // Whom nobody looks at does not ask.
    expect(b.fleet.sampler.samples().at(-1)!.requests).toBe(1);
  });

  test('nobody is asked while nobody looks', async () => {
    const { board, second } = fleetOfTwo();
    for (let index = 0; index < 10; index++) await second();
    expect(board.looks).toBe(0);
  });

  test('what was told late is counted once, in the next second', async () => {
    const { board, a, b, clock, second } = fleetOfTwo();
    a.watched = true;
    await second();
    b.call(1, 5);
    // The beat comes after the second was put together.
    const { beats } = board.nodes.get('b')!;
    const push = beats.push.bind(beats);
    const late: FleetBeat[] = [];
    beats.push = (...items) => late.push(...items);
    await second();
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(0);
    beats.push = push;
    push(...late);
    board.nodes.get('b')!.seconds.push(Math.floor(clock.now() / 1_000));
    await second();
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(5);
    await second();
    expect(a.fleet.sampler.minute().latency!.count).toBe(5);
  });

  test('whoever begins to look sees the last minute of all', async () => {
    const { a, b, second } = fleetOfTwo();
    for (let index = 0; index < 20; index++) {
      a.call(1, 2);
      b.call(1, 3);
      await second();
    }
    await a.fleet.sampler.prepare();
    a.watched = true;
    const requests = a.fleet.sampler.samples().map((sample) => sample.requests);
    expect(requests.slice(-10)).toEqual(Array.from({ length: 10 }, () => 5));
    expect(a.fleet.sampler.minute().latency!.count).toBe(100);
    expect(a.fleet.sampler.samples().at(-1)!.upstreams.score).toMatchObject({ arrivals: 5, sends: 5 });
    a.call(1);
    b.call(1);
    await second();
    // Nothing of the past is counted again.
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(2);
    expect(a.fleet.sampler.minute().latency!.count).toBe(102);
    const ends = a.fleet.sampler.samples().map(({ endedAtMs }) => Math.round(endedAtMs / 1_000));
    expect(ends.every((end, index) => index === 0 || end === ends[index - 1]! + 1)).toBe(true);
  });

  test('whoever begins to look right after a second has ended sees it once', async () => {
    const { a, b, clock, second } = fleetOfTwo();
    a.watched = true;
    await second();
    a.watched = false;
    clock.advance(6_000);
    await second();
    a.call(1, 2);
    b.call(1, 3);
    // This node has told of it, and waits for what the others tell.
    clock.advance(1_000 - (clock.now() % 1_000) + 100);
    await a.fleet.sampler.prepare();
    a.watched = true;
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(5);
    clock.advance(200);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect(a.fleet.sampler.minute().latency?.count).toBe(5);
    a.call(1);
    b.call(1);
    await second();
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(2);
    expect(a.fleet.sampler.minute().latency?.count).toBe(7);
  });

  test('what another node told before this one had told the same second is in the next sample', async () => {
    const { board, a, b, clock, second } = fleetOfTwo();
    for (let index = 0; index < 3; index++) await second();
    a.call(1, 2);
    b.call(1, 3);
    // Its own beat is on its way.
    const { beats, seconds } = board.nodes.get('a')!;
    clock.advance(1_000 - (clock.now() % 1_000) + 100);
    const [beat, ended] = [beats.pop()!, seconds.pop()!];
    await a.fleet.sampler.prepare();
    a.watched = true;
    beats.push(beat);
    seconds.push(ended);
    await second();
    expect(a.fleet.sampler.minute().latency?.count).toBe(5);
  });

  test('go on with this node’s own while Redis is away', async () => {
    const { board, a, b, second } = fleetOfTwo();
    a.watched = true;
    await second();
    board.away = true;
    a.call(1, 2);
    b.call(1, 3);
    await second();
    expect(a.fleet.sampler.samples().at(-1)!.requests).toBe(2);
    const before = a.fleet.sampler.seq;
    await second();
    expect(a.fleet.sampler.seq).toBe(before + 1);
  });

  test('a minute is kept, however long somebody looks', async () => {
    const { a, second } = fleetOfTwo();
    a.watched = true;
    for (let index = 0; index < 100; index++) await second();
    expect(a.fleet.sampler.samples()).toHaveLength(60);
    expect(a.fleet.sampler.seq).toBe(100);
  });
});

describe('totals of the fleet', () => {
  test('are sums over the nodes that are there, gates included', async () => {
    const { a, b, clock, second } = fleetOfTwo();
    a.call(2, 4);
    b.call(4, 6);
    await second();
    expect(a.fleet.recorder.totals().total).toBe(4);
    await a.fleet.refresh();
    const { total, successes, failures, latency } = a.fleet.recorder.totals();
    expect([total, successes, failures, latency.count]).toEqual([10, 10, 0, 10]);
    const counters = a.fleet.counters('score', a.gate.snapshot().counters);
    expect([counters.entered, counters.sent]).toEqual([10, 10]);
    // Asking twice adds nothing.
    await a.fleet.refresh();
    expect(a.fleet.recorder.totals().latency.count).toBe(10);
    // What was heard long ago is not told as if it were now.
    clock.advance(6_000);
    expect(a.fleet.recorder.totals().total).toBe(4);
  });

  test('are the same at every node, a second later at most, and unknown while Redis is away', async () => {
    const { board, a, b, clock, second } = fleetOfTwo();
    a.call(2, 4);
    b.call(4, 6);
    b.recorder.inFlight = 2;
    await second();
    const [here, there] = await Promise.all([a.fleet.totals(), b.fleet.totals()]);
    expect(here).toMatchObject({ requests: 10, successes: 10, failures: 0, perSecond: 10, inFlight: 2 });
    expect(there).toEqual(here);
    expect((await a.fleet.view()).totals).toEqual(here!);
    // Several scrapes at a time ask once.
    const { looks } = board;
    await Promise.all([a.fleet.totals(), a.fleet.totals()]);
    expect(board.looks).toBe(looks);
    clock.advance(1_000);
    board.away = true;
    expect(await a.fleet.totals()).toBeUndefined();
  });

  test('the view names every node, this one as it is now', async () => {
    const { a, b, second } = fleetOfTwo();
    await second();
    a.call(1, 2);
    const { nodes, drift } = await a.fleet.view();
    expect(nodes.map(({ id, facts, state }) => [id, facts?.host, state.requests])).toEqual([
      ['a', 'a', 2],
      ['b', 'b', 0],
    ]);
    expect(drift).toEqual([]);
    expect(b.fleet.summary()).toEqual({ nodes: 2, drift: false });
  });

  test('another configuration is drift', async () => {
    const { board, a, second } = fleetOfTwo();
    const c = new Node(board, 'c', 'other');
    await second();
    const view = await a.fleet.view();
    expect(view.nodes.filter(({ strays }) => strays).map(({ id }) => id)).toEqual(['c']);
    expect(view.drift.map(({ path }) => path)).toEqual(['upstreams.score.limits']);
    expect(a.fleet.summary()).toEqual({ nodes: 3, drift: true });
    await c.fleet.leave();
    expect((await a.fleet.view()).nodes).toHaveLength(2);
  });

  test('while Redis is away the view is of this node alone', async () => {
    const { board, a, b, second } = fleetOfTwo();
    a.call(1, 3);
    b.call(1, 5);
    await second();
    board.away = true;
    const { nodes, drift } = await a.fleet.view();
    expect(nodes.map(({ id, facts, state, strays }) => [id, facts?.host, state.requests, strays])).toEqual([
      ['a', 'a', 3, false],
    ]);
    expect(nodes[0]!.state.perSecond).toBe(3);
    expect(drift).toEqual([]);
  });
});
