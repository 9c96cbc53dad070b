import { describe, expect, test } from 'bun:test';
import { settle, VirtualClock } from '../../../../shared/virtual-clock.ts';
import type { GateLink } from '../gate-link.ts';
import type { GateScriptName } from '../gate-scripts.ts';
import { type Asked, Session, type SessionHost } from './session.ts';

/** Answers when the test says so. */
class HeldLink implements GateLink {
  readonly node = 'n0';
  readonly isUp = true;
  private readonly held: Array<() => void> = [];

  run(script: GateScriptName): Promise<string> {
    const answer = JSON.stringify({ e: 'one', v: 1, w: 0, r: 0, mw: 0, cfg: 1, nodes: 1 });
    if (script === 'rejoin') return Promise.resolve(answer);
    return new Promise((resolve) => void this.held.push(() => resolve(answer)));
  }

  answerAll(): void {
    for (const answer of this.held.splice(0)) answer();
  }
}

describe('what a node says of itself', () => {
  test('an answer that has arrived and is not read yet counts as under way: it may hold a grant', async () => {
    const link = new HeldLink();
    const read: string[] = [];
    const said: Array<{ busy: boolean; read: readonly string[] }> = [];
    const host: SessionHost = {
      facts: () => ({ hold: 0, h: undefined, o: undefined }),
      mayRejoin: true,
      knowsSince: 0,
      rejoinFacts: () => {
        said.push({ busy: session.pending > 0, read: [...read] });
        return {};
      },
      onAnswer: (_answer, { script }: Asked) => {
        read.push(script);
        if (script === 'claim') void session.rejoin();
      },
    };
    const session = new Session(
      {
        clock: new VirtualClock(),
        link,
        upstream: 'one',
        nodeChannel: 'n:',
        fleetChannel: 'all',
        freshnessMs: 50,
      },
      host,
    );
    await session.rejoin();
    const both = [session.request('claim', {}), session.request('report', {})];
    await settle();
    link.answerAll();
    await Promise.all(both);
    // The first is the beginning; the second was said while the answer of `report` lay there.
    expect(said.map(({ busy }) => busy)).toEqual([false, true]);
    expect(said[1]!.read).toEqual(['rejoin', 'claim']);
    expect(session.pending).toBe(0);
  });

  test('a server that knows it is told what it may not have heard; one that has forgotten is told everything', async () => {
    const clock = new VirtualClock();
    let hasForgotten = false;
    let isAway = false;
    const link: GateLink = {
      node: 'n0',
      isUp: true,
      run: (_script, request) => {
        if (isAway) return Promise.reject(new Error('away'));
        const isBrief = (request as { brief?: true }).brief === true;
        const answer = { e: 'one', v: 1, w: 0, r: 0, mw: 0, cfg: 1, nodes: 1 };
        return Promise.resolve(JSON.stringify(isBrief && hasForgotten ? { rejoin: true, e: 'two' } : answer));
      },
    };
    const since: number[] = [];
    const host: SessionHost = {
      mayRejoin: true,
      knowsSince: 0,
      facts: () => ({ hold: 0, h: undefined, o: undefined }),
      rejoinFacts: (sentSinceMs) => {
        since.push(sentSinceMs);
        return {};
      },
      onAnswer: () => {},
    };
    const session = new Session(
      { clock, link, upstream: 'one', nodeChannel: 'n:', fleetChannel: 'all', freshnessMs: 50 },
      host,
    );
    await session.rejoin();
    clock.advance(60_000);
    await session.rejoin();
    // A request of now may have been heard or not; it is told again an hour later.
    isAway = true;
    await session.request('claim', {}).catch(() => {});
    isAway = false;
    clock.advance(3_600_000);
    await session.rejoin();
    hasForgotten = true;
    await session.rejoin();
    const all = Number.NEGATIVE_INFINITY;
    expect(since).toEqual([all, 58_000, 58_000, 3_658_000, all]);
  });
});
