import { z } from 'zod';
import type { Random } from '../shared/random.ts';

const share = z.number().min(0).max(1).optional();

const faultSchema = z
  .strictObject({
    /** Share of calls answered with `status`. */
    failureRate: share,
    /** Added before every answer. */
    latencyMs: z.number().min(0).max(3_600_000).optional(),
    /** Share of calls that never get an answer. */
    hangRate: share,
    /** Share of calls whose connection is reset without an answer. */
    resetRate: share,
    /** Share of calls whose answer stops before its Content-Length. */
    truncateRate: share,
    /** What `failureRate` answers; 500 when absent. */
    status: z.number().int().min(400).max(599).optional(),
    /** Goes out as `Retry-After` with `failureRate`. */
    retryAfterSeconds: z.number().int().min(0).max(86_400).optional(),
    /** Only paths that start with this; every path when absent. */
    path: z.string().startsWith('/').max(1_024).optional(),
    /** After this many calls were delayed, failed or cut off, the faults clear themselves. */
    times: z.number().int().min(1).max(1_000_000).optional(),
  })
  .superRefine((faults, context) => {
    const sum = RATES.reduce((total, name) => total + (faults[name] ?? 0), 0);
    // Ten times 0.1 is a hair above 1 in floating point.
    if (sum > 1 + 1e-9) {
      const path = [RATES.find((name) => faults[name] !== undefined)!];
      context.addIssue({ code: 'custom', path, message: `${RATES.join(' + ')} must not exceed 1` });
    }
    for (const name of ['status', 'retryAfterSeconds'] as const) {
      if (faults[name] !== undefined && faults.failureRate === undefined) {
        context.addIssue({ code: 'custom', path: [name], message: 'has no effect without failureRate' });
      }
    }
  });

const RATES = ['failureRate', 'hangRate', 'resetRate', 'truncateRate'] as const;

/** What goes wrong at the sandbox, and how often; `{}` is nothing. */
export type FaultSettings = Readonly<z.infer<typeof faultSchema>>;

export type FaultCheck =
  | { readonly ok: true; readonly faults: FaultSettings }
  | { readonly ok: false; readonly field: string; readonly message: string };

/** Checks fault settings that came from outside; a refusal names the field. */
export function checkFaults(value: unknown): FaultCheck {
  const result = faultSchema.safeParse(value);
  if (result.success) return { ok: true, faults: Object.freeze(result.data) };
  const issue = result.error.issues[0]!;
  const field = issue.code === 'unrecognized_keys' ? issue.keys[0]! : issue.path.join('.');
  if (field === '') return { ok: false, field: 'body', message: `body: ${issue.message}` };
  return { ok: false, field, message: `${field}: ${issue.message}` };
}

/** What happens to one call. `delayMs` comes first in every case. */
export type Fate = { readonly delayMs: number } & (
  | { readonly kind: 'answer' | 'hang' | 'reset' | 'truncate' }
  | { readonly kind: 'fail'; readonly status: number; readonly retryAfterSeconds: number | undefined }
);

const SPARED: Fate = { kind: 'answer', delayMs: 0 };

/** Holds the faults and draws each call's fate, with one random number a call. */
export class FaultInjector {
  private faults: FaultSettings = {};
  private left: number | undefined;

  constructor(private readonly random: Random) {}

  get current(): FaultSettings {
    return this.left === undefined ? this.faults : { ...this.faults, times: this.left };
  }

  /** Takes checked settings; `{}` clears. */
  set(faults: FaultSettings): void {
    this.faults = faults;
    this.left = faults.times;
  }

  draw(path: string): Fate {
    const faults = this.faults;
    if (faults.path !== undefined && !path.startsWith(faults.path)) return SPARED;
    const fate = this.fateOf(faults);
    if (this.left !== undefined && (fate.kind !== 'answer' || fate.delayMs > 0)) {
      this.left -= 1;
      if (this.left === 0) this.set({});
    }
    return fate;
  }

  private fateOf(faults: FaultSettings): Fate {
    const delayMs = faults.latencyMs ?? 0;
    let point = this.random.next();
    for (const [kind, rate] of [
      ['fail', faults.failureRate],
      ['hang', faults.hangRate],
      ['reset', faults.resetRate],
      ['truncate', faults.truncateRate],
    ] as const) {
      if (rate === undefined) continue;
      if (point < rate) {
        if (kind !== 'fail') return { kind, delayMs };
        return {
          kind,
          delayMs,
          status: faults.status ?? 500,
          retryAfterSeconds: faults.retryAfterSeconds,
        };
      }
      point -= rate;
    }
    return { kind: 'answer', delayMs };
  }
}
