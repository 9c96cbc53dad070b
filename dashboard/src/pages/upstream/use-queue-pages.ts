import { useQueries } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../../api/client.ts';
import type { Page, WaitingRequest } from '../../api/types.ts';
import type { Urgency } from './lanes.ts';
import { PAGE_ROWS, pagesInSight, type QueuePage, rowCount } from './queue-pages.ts';
import { pathOf } from './use-upstream-now.ts';

const REFRESH_MS = 1_000;
/** While the list is being scrolled, no question is asked for what only flies by. */
const SETTLE_MS = 90;

export interface QueuePages {
  readonly count: number;
  readonly pages: ReadonlyMap<number, QueuePage<WaitingRequest>>;
  readonly error: unknown;
  readonly retry: () => void;
  readonly onRange: (first: number, last: number) => void;
}

/**
 * The pages of the queue that are in sight, asked for again each second; nothing is asked while `isShown` is false or
 * the window is hidden. `waiting` is how many there are before a page has told.
 */
export function useQueuePages(
  name: string,
  urgency: Urgency | undefined,
  waiting: number,
  isShown: boolean,
): QueuePages {
  const [range, setRange] = useState({ first: 0, last: 0 });
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onRange = useCallback((first: number, last: number) => {
    clearTimeout(settle.current);
    settle.current = setTimeout(() => setRange({ first, last }), SETTLE_MS);
  }, []);
  useEffect(() => () => clearTimeout(settle.current), []);

  const wanted = pagesInSight(range.first, range.last, waiting);
  const results = useQueries({
    queries: wanted.map((page) => ({
      queryKey: ['upstreams', name, 'queue', urgency ?? 'all', page],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<QueuePage<WaitingRequest>> => {
        const query = { urgency, offset: page * PAGE_ROWS, limit: PAGE_ROWS };
        const { items, total } = await ask<Page<WaitingRequest>>(`${pathOf(name)}/queue`, { query, signal });
        return { items, total, atMs: performance.now() };
      },
      enabled: isShown,
      refetchInterval: REFRESH_MS,
      staleTime: REFRESH_MS,
      // Pages that flew by are not kept: with 100,000 who wait there are a thousand.
      gcTime: 5_000,
    })),
  });
  const pages = new Map<number, QueuePage<WaitingRequest>>();
  for (const [index, page] of wanted.entries()) {
    const answer = results[index]?.data;
    if (answer !== undefined) pages.set(page, answer);
  }
  const failed = results.find((result) => result.error !== null);
  return {
    count: waiting === 0 ? 0 : rowCount(pages, waiting),
    pages,
    error: failed?.error,
    retry: () => void failed?.refetch(),
    onRange,
  };
}
