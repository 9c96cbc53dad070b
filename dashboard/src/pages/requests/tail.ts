import type { RequestRecord, RequestTail } from '../../api/types.ts';

/** Rows that the page keeps. */
export const MOST_ROWS = 500;

/** What the page knows of the last requests. Never changed: every answer makes another one. */
export interface Tail {
  /** Newest first, at most `MOST_ROWS`. */
  readonly rows: readonly RequestRecord[];
  /** `after` of the next question. */
  readonly next: number;
  /** Requests that fit the filters and ended since the first answer. */
  readonly arrived: number;
  /** Ended since the first answer and were overwritten before this page asked: of all filters. */
  readonly missed: number;
  /** Ended since the first answer, and were more than one answer holds. */
  readonly omitted: number;
}

/**
 * What was known and what came. Without `known`, or when the gateway counts from the start again, the answer is all
 * that is known; what is older than the first answer was not missed by anybody.
 */
export function mergeTail(known: Tail | undefined, answer: RequestTail): Tail {
  if (known === undefined || answer.next < known.next) {
    return { rows: answer.items.slice(0, MOST_ROWS), next: answer.next, arrived: 0, missed: 0, omitted: 0 };
  }
  const fresh = answer.items.filter(({ seq }) => seq > known.next);
  if (fresh.length === 0 && answer.missed === 0 && answer.omitted === 0) {
    return answer.next === known.next ? known : { ...known, next: answer.next };
  }
  return {
    rows: [...fresh, ...known.rows].slice(0, MOST_ROWS),
    next: answer.next,
    arrived: known.arrived + fresh.length + answer.omitted,
    missed: known.missed + answer.missed,
    omitted: known.omitted + answer.omitted,
  };
}

/** The row that the address names: by both numbers, because clients may send one id twice; else by the id alone. */
export function findRow(
  rows: readonly RequestRecord[],
  id: string,
  seq: number | undefined,
): RequestRecord | undefined {
  return rows.find((row) => row.id === id && row.seq === seq) ?? rows.find((row) => row.id === id);
}
