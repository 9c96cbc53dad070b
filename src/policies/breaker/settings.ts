/** When a breaker opens, for how long, and how it tries again. Undefined rules do not apply. */
export interface BreakerSettings {
  /** Opens after so many failures in a row. */
  readonly consecutive: number | undefined;
  /** Opens when the share of failures in the window reaches `threshold` (above 0, up to 1) of at least `minimum` calls. */
  readonly failureRate:
    | { readonly threshold: number; readonly windowMs: number; readonly minimum: number }
    | undefined;
  /** The same for calls that took longer than `durationMs`, from permit to end. */
  readonly slowCalls:
    | {
        readonly durationMs: number;
        readonly threshold: number;
        readonly windowMs: number;
        readonly minimum: number;
      }
    | undefined;
  readonly openForMs: number;
  /** How many calls half-open lets through; it closes when so many have succeeded. */
  readonly probes: number;
  /** A probe that takes this long has failed. */
  readonly probeTimeoutMs: number;
}

function requireCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number from 1, not ${value}`);
  }
}

function requireDuration(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`${name} must be a positive number of ms, not ${value}`);
  }
}

function requireRate(
  name: string,
  rate: { readonly threshold: number; readonly windowMs: number; readonly minimum: number },
): void {
  if (!(rate.threshold > 0 && rate.threshold <= 1)) {
    throw new RangeError(`${name}.threshold must be above 0 and at most 1, not ${rate.threshold}`);
  }
  requireDuration(`${name}.windowMs`, rate.windowMs);
  requireCount(`${name}.minimum`, rate.minimum);
}

/** Throws RangeError naming the first bad value. */
export function checkBreakerSettings(settings: BreakerSettings): void {
  const { consecutive, failureRate, slowCalls, openForMs, probes, probeTimeoutMs } = settings;
  if (consecutive !== undefined) requireCount('consecutive', consecutive);
  if (failureRate !== undefined) requireRate('failureRate', failureRate);
  if (slowCalls !== undefined) {
    requireRate('slowCalls', slowCalls);
    requireDuration('slowCalls.durationMs', slowCalls.durationMs);
  }
  requireDuration('openForMs', openForMs);
  requireCount('probes', probes);
  requireDuration('probeTimeoutMs', probeTimeoutMs);
}
