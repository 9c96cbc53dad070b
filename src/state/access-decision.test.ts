import { describe, expect, test } from 'bun:test';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { deniedBy, shownDenial } from './access-decision.ts';

const denial = { client: 'client:a', ruleId: 'r', untilMs: 5_000, refused: 2 };

describe('what a denial answers', () => {
  test('it is over when the denial ends', () => {
    expect(deniedBy(denial, undefined, undefined, 2_000)).toEqual({
      kind: 'denied',
      ruleId: 'r',
      rule: undefined,
      limit: undefined,
      retryAfterMs: 3_000,
      shadow: undefined,
    });
  });

  test('not before the limit, which may still be used up by then', () => {
    const limit = { allowed: false, limit: 5, windowMs: 10_000, remaining: 0, resetMs: 9_000 };
    expect(deniedBy(denial, undefined, limit, 2_000)).toMatchObject({ retryAfterMs: 9_000 });
    expect(deniedBy(denial, undefined, { ...limit, allowed: true }, 2_000)).toMatchObject({
      retryAfterMs: 3_000,
    });
  });

  test('its end is shown by the wall clock', async () => {
    const clock = new VirtualClock();
    await clock.advanceAsync(1_000, async () => {});
    expect(shownDenial(denial, clock)).toEqual({ ...denial, untilWallMs: clock.wallNow() + 4_000 });
  });
});
