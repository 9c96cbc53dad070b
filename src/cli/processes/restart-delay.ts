const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Who has lived so long did not die of its start. */
const LIVED_MS = 60_000;

/** When a process that died is started again: at once-ish at first, ever later while it keeps dying. */
export function restartDelayMs(
  deathsBefore: number,
  livedMs: number,
): { readonly delayMs: number; readonly deaths: number } {
  const deaths = livedMs >= LIVED_MS ? 1 : deathsBefore + 1;
  return { delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(deaths - 1, 10)), deaths };
}
