/** A timer that was set and may still be called off. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in Comporta. `now()` is monotonic milliseconds since an arbitrary origin and is what
 * every decision uses; `wallNow()` is milliseconds since the Unix epoch and is only for what people and HTTP
 * dates read. `after` runs `callback` once, never before `delayMs` has passed by `now()`.
 */
export interface Clock {
  now(): number;
  wallNow(): number;
  after(delayMs: number, callback: () => void): Timer;
}

/** setTimeout overflows above 2^31-1 ms and then fires at once; longer waits are made of several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  private handle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly dueAtMs: number,
    private readonly callback: () => void,
  ) {
    this.arm();
  }

  cancel(): void {
    clearTimeout(this.handle);
    this.handle = undefined;
  }

  private arm(): void {
    const leftMs = this.dueAtMs - performance.now();
    if (leftMs <= 0 && this.handle !== undefined) {
      this.handle = undefined;
      this.callback();
      return;
    }
    // Rounded up: a timeout may fire a fraction of a millisecond early, and a strict spacing may not.
    this.handle = setTimeout(() => this.arm(), Math.min(LONGEST_TIMEOUT_MS, Math.max(0, Math.ceil(leftMs))));
  }
}

/**
 * Seconds of `now()` begin with those of the wall clock, so that what several processes count by the second can be put
 * together. It is a constant: nothing that is decided depends on it.
 */
const PHASE_MS = performance.timeOrigin % 1_000;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now() + PHASE_MS,
  wallNow: () => Date.now(),
  after: (delayMs, callback) => new SystemTimer(performance.now() + delayMs, callback),
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
