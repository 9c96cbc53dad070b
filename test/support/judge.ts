import { fileURLToPath } from 'node:url';
import { readUntil } from './cli.ts';
import type { JudgeReport, Seen } from './judge-process.ts';

export interface Judge {
  readonly url: string;
  report(): Promise<JudgeReport>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./judge-process.ts', import.meta.url));

export async function startJudge(): Promise<Judge> {
  const child = Bun.spawn({
    cmd: [process.execPath, PROGRAM],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const url = (await readUntil(child.stdout, /http:\S+\n/)).trim();
  return {
    url,
    report: async () => (await fetch(`${url}/report`)).json() as Promise<JudgeReport>,
    stop: async () => {
      child.kill('SIGTERM');
      await child.exited;
    },
  };
}

export interface Verdict {
  /** Calls that came too early, however late the judge read the earlier ones. */
  readonly violations: number;
  /** The same by the times of reading alone: a pause of the judge makes some of its own. */
  readonly readTooEarly: number;
  /** The shortest time over which `count` + 1 calls were read, ms. */
  readonly closestMs: number;
}

/** Whether any window of that length, wherever it starts, saw more calls than `count`. */
export function judgeRate(arrivals: readonly Seen[], count: number, windowMs: number): Verdict {
  let violations = 0;
  let readTooEarly = 0;
  let closestMs = Number.POSITIVE_INFINITY;
  for (let index = count; index < arrivals.length; index++) {
    const later = arrivals[index]!;
    const earlier = arrivals[index - count]!;
    const apartMs = later.atMs - earlier.atMs;
    closestMs = Math.min(closestMs, apartMs);
    if (apartMs < windowMs) readTooEarly++;
    if (later.atMs - earlier.notBeforeMs < windowMs) violations++;
  }
  return { violations, readTooEarly, closestMs };
}

/** Calls that arrived more than once. */
export function sentTwice(arrivals: readonly Seen[]): string[] {
  const seen = new Set<string>();
  return arrivals.map(({ id }) => id).filter((id) => seen.has(id) || !seen.add(id));
}
