import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { Deadlines, type Watched } from './deadlines.ts';

interface Call extends Watched {
  overdue: number;
}

function callDueAt(dueAtMs: number, onOverdue: () => void = () => {}): Call {
  const call: Call = {
    dueAtMs,
    overdue: 0,
    onOverdue: () => {
      call.overdue++;
      onOverdue();
    },
  };
  return call;
}

test('each call that stays past its time hears of it once, and no other does', () => {
  const spans = fc.array(fc.record({ dueMs: fc.nat(500), removedAtMs: fc.nat(1_000) }), { maxLength: 40 });
  fc.assert(
    fc.property(spans, (plan) => {
      const clock = new VirtualClock();
      const deadlines = new Deadlines(clock);
      const calls = plan.map(({ dueMs }) => callDueAt(dueMs));
      for (const call of calls) deadlines.add(call);
      plan.forEach(({ removedAtMs }, index) => {
        clock.after(removedAtMs, () => deadlines.remove(calls[index]!));
      });
      clock.advance(2_000);
      plan.forEach(({ dueMs, removedAtMs }, index) => {
        // Noticed at the first tick of 25 ms that is not before it; a removal at that very moment may win or lose.
        const noticedAtMs = Math.max(25, Math.ceil(dueMs / 25) * 25);
        if (removedAtMs === noticedAtMs) return;
        expect(calls[index]!.overdue).toBe(removedAtMs > noticedAtMs ? 1 : 0);
      });
      expect(clock.timers).toBe(0);
    }),
  );
});

test('a call that another one’s end takes along is not told', () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const second = callDueAt(10);
  const first = callDueAt(10, () => deadlines.remove(second));
  deadlines.add(first);
  deadlines.add(second);
  clock.advance(100);
  expect([first.overdue, second.overdue]).toEqual([1, 0]);
});

test('the time may be moved while the call runs, and a removed call may come back', () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const call = callDueAt(50);
  deadlines.add(call);
  clock.advance(40);
  call.dueAtMs = 200;
  clock.advance(100);
  expect(call.overdue).toBe(0);
  deadlines.remove(call);
  deadlines.remove(call);
  clock.advance(200);
  expect(call.overdue).toBe(0);
  deadlines.add(call);
  clock.advance(25);
  expect(call.overdue).toBe(1);
});
