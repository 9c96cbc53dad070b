import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import type { Rate } from '../shared/units.ts';

const reportSchema = z.object({
  startedAt: z.string(),
  nowMs: z.number(),
  rate: z.object({ count: z.number(), windowMs: z.number() }),
  arrivalCount: z.number(),
  closestSpacingMs: z.number().nullable(),
  violations: z.number(),
  blockedForMs: z.number(),
});

/** Where the run began on the judge's clock. */
export interface SandboxMark {
  readonly url: string;
  readonly startedAt: string;
  readonly nowMs: number;
  /** How long earlier violations still keep every call out. */
  readonly blockedForMs: number;
}

/** What the judge saw of the run. */
export interface SandboxVerdict {
  readonly url: string;
  readonly rate: Rate;
  /** Calls that reached the sandbox during the run, whoever sent them. */
  readonly arrivals: number;
  readonly closestSpacingMs: number | null;
  readonly violations: number;
}

const TIMEOUT_MS = 3_000;

/** Asks a sandbox for the time before a run; undefined when none answers at the URL. */
export async function markSandbox(url: string, clock: Clock): Promise<SandboxMark | undefined> {
  const report = await fetchReport(`${url}/sandbox/report?arrivals=false`, clock);
  if (report === undefined) return undefined;
  return { url, startedAt: report.startedAt, nowMs: report.nowMs, blockedForMs: report.blockedForMs };
}

/** Asks for what came after the mark; undefined when the sandbox is gone or forgot the run. */
export async function judgeSince(mark: SandboxMark, clock: Clock): Promise<SandboxVerdict | undefined> {
  const report = await fetchReport(`${mark.url}/sandbox/report?arrivals=false&since=${mark.nowMs}`, clock);
  if (report === undefined || report.startedAt !== mark.startedAt) return undefined;
  return {
    url: mark.url,
    rate: report.rate,
    arrivals: report.arrivalCount,
    closestSpacingMs: report.closestSpacingMs,
    violations: report.violations,
  };
}

async function fetchReport(url: string, clock: Clock): Promise<z.infer<typeof reportSchema> | undefined> {
  const late = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => late.abort());
  try {
    const answer = await fetch(url, { signal: late.signal, redirect: 'error' });
    return answer.ok ? reportSchema.parse(await answer.json()) : undefined;
  } catch {
    // Nobody there, or somebody who is no sandbox: either way there is no report.
    return undefined;
  } finally {
    timer.cancel();
  }
}
