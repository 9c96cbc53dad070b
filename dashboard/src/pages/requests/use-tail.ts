import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import type { RequestTail } from '../../api/types.ts';
import { mergeTail, type Tail } from './tail.ts';
import { queryOf, type TailFilters } from './tail-filters.ts';

const ASK_EVERY_MS = 1_000;
/** The most that the API answers with at once. */
const MOST_AT_ONCE = 200;

/** The last requests. Asks every second while the page is in sight, and only for what came since. */
export function useTail(filters: TailFilters, boot: string | undefined) {
  const client = useQueryClient();
  // Another process counts from the start again.
  const queryKey = ['requests', 'tail', boot ?? '', filters];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const known = client.getQueryData<Tail>(queryKey);
      const query = { ...queryOf(filters), after: known?.next, limit: MOST_AT_ONCE };
      return mergeTail(known, await ask<RequestTail>('/requests', { query, signal }));
    },
    refetchInterval: ASK_EVERY_MS,
    staleTime: 0,
    structuralSharing: false,
  });
}

export interface HeldTail {
  /** What is to be shown. */
  readonly shown: Tail | undefined;
  /** How many came since that are not shown. */
  readonly waiting: number;
  /** Shows them, and holds on there. */
  readonly show: () => void;
}

/** The tail as it was when it began to be held, so that nothing moves under the eyes of a reader. */
export function useHeldTail(tail: Tail | undefined, held: boolean): HeldTail {
  const [kept, setKept] = useState<Tail>();
  if (held && tail !== undefined && (kept === undefined || tail.next < kept.next)) setKept(tail);
  if (!held && kept !== undefined) setKept(undefined);
  const shown = held ? (kept ?? tail) : tail;
  const waiting = tail === undefined || shown === undefined ? 0 : Math.max(0, tail.arrived - shown.arrived);
  return { shown, waiting, show: () => setKept(tail) };
}
