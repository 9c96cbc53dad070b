import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ask } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import type { Burst, BurstForecast, BurstProgress } from '../../api/types.ts';
import type { BurstRequest } from '../../calls/burst-form.ts';
import { type FollowedBurst, fetchOn } from './burst-calls.ts';

const FOLLOW_EVERY_MS = 500;
const LOST_EVERY_MS = 2_000;

/** Follows one burst: asks for what is new twice a second while it runs, and no more when it has ended. */
export function useBurst(id: string | undefined) {
  const client = useQueryClient();
  const queryKey = ['bursts', 'one', id];
  return useQuery({
    queryKey,
    enabled: id !== undefined,
    queryFn: ({ signal }) =>
      fetchOn(client.getQueryData<FollowedBurst>(queryKey), (after) =>
        ask<BurstProgress>(`/bursts/${encodeURIComponent(id ?? '')}`, { query: { after }, signal }),
      ),
    // Ten thousand calls need not be compared twice a second: a page adds to the array or leaves it.
    structuralSharing: false,
    refetchInterval: ({ state: { data, error } }) => {
      // What is refused stays refused; a gateway that is away, or a proxy that says so, may be back.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return false;
      if (error !== null) return LOST_EVERY_MS;
      return data?.burst.status === 'running' ? FOLLOW_EVERY_MS : false;
    },
  });
}

/** The last bursts of this gateway, newest first. */
export function useBurstList() {
  return useQuery({
    queryKey: ['bursts', 'list'],
    queryFn: ({ signal }) => ask<{ readonly items: readonly Burst[] }>('/bursts', { signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.items.some(({ status }) => status === 'running') ? 1_000 : 5_000,
  });
}

const TYPING_MS = 300;
const FORECAST_EVERY_MS = 3_000;

/**
 * How the burst would go as things stand: asked when nobody has typed for a moment, and again as things change. Not
 * while `last`, the newest burst, runs; what was foreseen before it ended does not hold any more.
 */
export function useForecast(request: BurstRequest | undefined, last: Burst | undefined) {
  const asked = useSettled(request === undefined ? undefined : JSON.stringify(request), TYPING_MS);
  const query = useQuery({
    queryKey: ['bursts', 'forecast', asked, last?.id, last?.status],
    enabled: asked !== undefined && last?.status !== 'running',
    queryFn: ({ signal }) =>
      ask<BurstForecast>('/bursts/forecast', { method: 'POST', body: JSON.parse(asked ?? '{}'), signal }),
    refetchInterval: ({ state: { error } }) => (error === null ? FORECAST_EVERY_MS : false),
    placeholderData: (previous) => previous,
    gcTime: 10_000,
  });
  return { ...query, settled: request !== undefined && asked === JSON.stringify(request) };
}

/** The value when it has not changed for so long. */
function useSettled<Value>(value: Value, forMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), forMs);
    return () => clearTimeout(timer);
  }, [value, forMs]);
  return settled;
}
