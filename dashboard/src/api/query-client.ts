import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './problem.ts';

/** Questions are asked again only where that can help: the gateway did not answer, or said to come back. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && mayPass(error),
        retryDelay: (failures) => Math.min(5_000, 500 * 2 ** failures),
        staleTime: 5_000,
        gcTime: 60_000,
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}
