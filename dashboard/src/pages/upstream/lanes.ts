/** Urgencies of RFC 9218: 0 is the most urgent, 3 is meant when nothing is said. */
export const URGENCIES = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export type Urgency = (typeof URGENCIES)[number];

export interface Lane {
  readonly urgency: Urgency;
  readonly waiting: number;
  /** 0 to 1, of the fullest lane: how long its bar is. */
  readonly share: number;
}

/** A lane that is not empty is to be seen, however full another one is. */
const LEAST_SHARE = 0.015;

/** Who waits, by urgency, as bars. Always eight. */
export function lanesOf(waitingByUrgency: readonly number[]): Lane[] {
  const counts = URGENCIES.map((urgency) => waitingByUrgency[urgency] ?? 0);
  const most = Math.max(1, ...counts);
  return URGENCIES.map((urgency) => {
    const waiting = counts[urgency] ?? 0;
    return { urgency, waiting, share: waiting === 0 ? 0 : Math.max(LEAST_SHARE, waiting / most) };
  });
}

/** The lane that the address of the page names; undefined: all of them. */
export function urgencyOf(text: string | undefined): Urgency | undefined {
  return URGENCIES.find((urgency) => String(urgency) === text);
}
