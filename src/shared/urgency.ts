/** RFC 9218 urgency: 0 is the most urgent, 7 the least, 3 when nothing is said. */
export type Urgency = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const DEFAULT_URGENCY: Urgency = 3;
