import { expect, test } from 'bun:test';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { progressBar, progressText, showProgress } from './progress.ts';

const halfway = { total: 50, done: 25, waiting: 20, failed: 1, elapsedMs: 12_500 };

test('says how far it is, how fast, and when it ends', () => {
  expect(progressText(halfway)).toBe('25/50 · 2.0/s · 20 waiting · 1 failed · ETA 13s');
  expect(progressText({ ...halfway, done: 0, elapsedMs: 0 })).toBe(
    '0/50 · 0.0/s · 20 waiting · 1 failed · ETA ?',
  );
  expect(progressBar(halfway)).toBe('█'.repeat(12) + '░'.repeat(12));
  expect(progressBar({ ...halfway, done: 50 })).toBe('█'.repeat(24));
});

test('without a person watching: a plain line every 5 s', () => {
  const terminal = new FakeTerminal();
  const clock = new VirtualClock();
  const progress = showProgress(terminal, clock, () => halfway);
  clock.advance(4_999);
  expect(terminal.stderr).toBe('');
  clock.advance(5_001);
  expect(terminal.stderr).toBe(`${progressText(halfway)}\n`.repeat(2));
  progress.stop();
  expect(clock.timers).toBe(0);
});

test('on a terminal: one line, redrawn ten times a second, cut to its width, and gone at the end', () => {
  const terminal = new FakeTerminal(true, false, 30);
  const clock = new VirtualClock();
  const progress = showProgress(terminal, clock, () => halfway);
  clock.advance(1_000);
  const frames = terminal.stderr.split('\r\x1b[2K').slice(1);
  expect(frames).toHaveLength(10);
  expect(frames.every((frame) => frame.length === 29 && !frame.includes('\n'))).toBe(true);
  progress.stop();
  expect(terminal.stderr.endsWith('\r\x1b[2K')).toBe(true);
  expect(terminal.stdout).toBe('');
});
