/** Rows that one question asks for. */
export const PAGE_ROWS = 100;

/** However tall the window: no more pages than this are asked for at once. */
const MOST_PAGES = 4;

/** One page of the queue, as it was at `atMs` (`performance.now()`). */
export interface QueuePage<Row> {
  readonly items: readonly Row[];
  readonly total: number;
  readonly atMs: number;
}

/** The pages that hold the rows in sight, both ends included. Empty while nobody waits. */
export function pagesInSight(first: number, last: number, count: number): number[] {
  if (count <= 0) return [];
  const from = Math.floor(clamp(first, count) / PAGE_ROWS);
  const to = Math.floor(clamp(last, count) / PAGE_ROWS);
  return Array.from({ length: Math.min(MOST_PAGES, to - from + 1) }, (_, index) => from + index);
}

/** What is known of one row, and when it was so; undefined until its page is there, or when the queue got shorter. */
export function rowAt<Row>(
  pages: ReadonlyMap<number, QueuePage<Row>>,
  index: number,
): { readonly row: Row; readonly atMs: number } | undefined {
  const page = pages.get(Math.floor(index / PAGE_ROWS));
  const row = page?.items[index % PAGE_ROWS];
  return page === undefined || row === undefined ? undefined : { row, atMs: page.atMs };
}

/** A browser cannot scroll a box much higher than 33 million pixels: no more rows than that of the tallest kind. */
export const MOST_ROWS = 400_000;

/** How many rows can be shown, by the page that was asked for last; `otherwise` before there is one. */
export function rowCount<Row>(pages: ReadonlyMap<number, QueuePage<Row>>, otherwise: number): number {
  let newest: QueuePage<Row> | undefined;
  for (const page of pages.values()) if (newest === undefined || page.atMs > newest.atMs) newest = page;
  return Math.min(MOST_ROWS, newest?.total ?? otherwise);
}

/** What is shown of a time that runs: tenths below ten seconds, then whole seconds. */
export function shownMs(ms: number): number {
  const step = ms < 10_000 ? 100 : 1_000;
  return Math.max(0, Math.round(ms / step) * step);
}

function clamp(index: number, count: number): number {
  return Math.max(0, Math.min(count - 1, index));
}
