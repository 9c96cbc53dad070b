import type { BurstProgress } from '../../caller/burst.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { formatDuration } from '../../shared/units.ts';
import type { Terminal } from '../terminal.ts';

const LIVE_EVERY_MS = 100;
const PLAIN_EVERY_MS = 5_000;
const BAR_CELLS = 24;

/** What a person wants to know on the way: `23/50 · 1.0/s · 27 waiting · 0 failed · ETA 27s`. */
export function progressText(progress: BurstProgress): string {
  const { total, done, waiting, failed, elapsedMs } = progress;
  const perMs = elapsedMs > 0 ? done / elapsedMs : 0;
  const leftMs = perMs > 0 ? (total - done) / perMs : undefined;
  const eta = leftMs === undefined ? '?' : formatDuration(Math.ceil(leftMs / 1_000) * 1_000);
  return `${done}/${total} · ${(perMs * 1_000).toFixed(1)}/s · ${waiting} waiting · ${failed} failed · ETA ${eta}`;
}

export function progressBar(progress: BurstProgress): string {
  const filled = Math.floor((progress.done / progress.total) * BAR_CELLS);
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
}

/**
 * Shows progress on stderr until `stop`: a bar redrawn ten times a second where a person watches, else a line
 * every 5 s.
 */
export function showProgress(
  terminal: Terminal,
  clock: Clock,
  current: () => BurstProgress,
): { stop(): void } {
  const everyMs = terminal.live ? LIVE_EVERY_MS : PLAIN_EVERY_MS;
  let timer: Timer = clock.after(everyMs, tick);

  function tick(): void {
    draw();
    timer = clock.after(everyMs, tick);
  }

  function draw(): void {
    const progress = current();
    if (!terminal.live) {
      terminal.err(`${progressText(progress)}\n`);
      return;
    }
    const line = `${progressBar(progress)} ${progressText(progress)}`;
    // A line that wraps could not be redrawn.
    terminal.err(`\r\x1b[2K${line.slice(0, Math.max(1, terminal.width() - 1))}`);
  }

  return {
    stop() {
      timer.cancel();
      if (terminal.live) terminal.err('\r\x1b[2K');
    },
  };
}
