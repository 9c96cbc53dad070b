import type { CallResult } from './http-caller.ts';

/** Codes are the upstream’s own words: a hundred tell the story, the rest is `other`. */
const MOST_CODES = 100;

/** How many calls failed with each code. */
export function countFailures(calls: readonly Pick<CallResult, 'outcome'>[]): Record<string, number> {
  const failures: Record<string, number> = Object.create(null);
  let codes = 0;
  for (const { outcome } of calls) {
    if (outcome.kind !== 'failed') continue;
    let { code } = outcome;
    if (failures[code] === undefined) {
      if (codes >= MOST_CODES) code = 'other';
      codes += 1;
    }
    failures[code] = (failures[code] ?? 0) + 1;
  }
  return failures;
}
