import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ask, type Query } from '../../api/client.ts';
import type { UsageAnswer } from '../../api/types.ts';

/** One question about usage, asked again as long as its range goes on. What was there stays until the next answer. */
export function useUsage(query: Query, refetchInterval: number | false) {
  return useQuery({
    queryKey: ['usage', query],
    queryFn: ({ signal }) => ask<UsageAnswer>('/usage', { query, signal }),
    refetchInterval,
    placeholderData: keepPreviousData,
  });
}
