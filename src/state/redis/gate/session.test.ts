import { describe, expect, test } from 'bun:test';
import { settle, VirtualClock } from '../../../shared/virtual-clock.ts';
import type { GateLink } from './gate-link.ts';
import type { GateScriptName } from './gate-scripts.ts';
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
});
