const NAMES = [
  [1_000, 'second'],
  [60_000, 'minute'],
  [3_600_000, 'hour'],
  [86_400_000, 'day'],
] as const;

/** The word for a window of one second, minute, hour or day; undefined for any other. In ms. */
export function namedWindow(windowMs: number | undefined): (typeof NAMES)[number][1] | undefined {
  return NAMES.find(([ms]) => ms === windowMs)?.[1];
}
