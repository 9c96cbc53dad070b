/** What a load came to. */
export interface SteadyLoad {
  readonly calls: number;
  readonly perSec: number;
  /** CPU time of this process in it, share of one core. */
  readonly cores: number;
}

const TICK_MS = 2;

/**
 * Makes `perSec` calls a second for `seconds`, each tick as many as are due, in bursts no longer than a tick. What
 * `call` answers is not waited for. A process that cannot keep up makes fewer: the answer tells how many there were.
 */
export async function steadyLoad(
  perSec: number,
  seconds: number,
  call: (index: number) => void,
): Promise<SteadyLoad> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const endMs = startMs + seconds * 1_000;
  const mostBehind = Math.max(1, (perSec * 10 * TICK_MS) / 1_000);
  let calls = 0;
  let skipped = 0;
  for (let nowMs = startMs; nowMs < endMs; nowMs = performance.now()) {
    const due = Math.floor(((nowMs - startMs) * perSec) / 1_000) - calls - skipped;
    // After a pause nobody makes up for everything at once: that would be another load than the one asked for.
    if (due > mostBehind) skipped += Math.floor(due - mostBehind);
    for (let left = Math.min(due, mostBehind); left >= 1; left--) call(calls++);
    await Bun.sleep(TICK_MS);
  }
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return { calls, perSec: (calls * 1_000) / tookMs, cores: (user + system) / 1_000 / tookMs };
}
