import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { VirtualClock } from '../../src/shared/virtual-clock.ts';
import type { Grant, Line, Lines, Ticket } from '../../src/state/contracts.ts';
import { perSecond, settingsOf } from '../contract/gate/driver.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet } from './virtual-fleet.fixture.ts';

/** So many connections that stand ready, and no others. */
class FewLines implements Lines {
  readonly leadMs = 1;
  constructor(public available: number) {}

  take(): Line | undefined {
    if (this.available === 0) return undefined;
    this.available--;
    return { release: () => {} };
  }

  expect(): void {}

  onChange(): void {}
}

const ticketOf = (id: string, atMs: number): Ticket => ({
  id,
  client: 'a',
  urgency: 3,
  arrivedAtMs: atMs,
  deadlineMs: atMs + 60_000,
  cost: 1,
});

describe.skipIf(!hasRedis)('connections that a node has for its grants', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test('one that an earlier request was promised and did not use goes to the ticket that came meanwhile', async () => {
    const clock = new VirtualClock();
    const fleet = await VirtualFleet.start(server.url, clock);
    const node = fleet.add({
      settings: settingsOf({ limits: [perSecond(5)] }),
      lines: new FewLines(3),
      rejoinMs: 0,
    });
    await node.gate.refresh();
    const enter = async (id: string): Promise<Grant> => node.gate.enter(ticketOf(id, clock.now()));
    const sent = async (id: string): Promise<Grant> => {
      const entered = enter(id);
      await fleet.settled();
      const grant = await entered;
      grant.sent();
      return grant;
    };
    // A first one for its scripts' sake: they are loaded now, and keep their order from here on.
    (await sent('warm')).end('success');
    const grant = await sent('first');
    await fleet.settled();
    // Its end is told with the last connection promised to it; the ticket that comes has none left. The answers arrive
    // one after the other.
    node.fate = (script) => ({ thereMs: 0, backMs: script === 'report' ? 1 : 2 });
    grant.end('success');
    let isGranted = false;
    void enter('second').then(() => {
      isGranted = true;
    });
    await clock.advanceAsync(10, fleet.settled);
    expect(isGranted).toBe(true);
    await fleet.close();
  });
});
