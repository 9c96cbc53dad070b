import { useQuery } from '@tanstack/react-query';
import { ask } from './client.ts';
import type { Session } from './types.ts';

/** Who is signed in, by the gateway's own word. */
export function useSession(): Session | undefined {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) => ask<Session>('/session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
}

/**
 * Whether this token may change things. The gateway decides: this only saves people from buttons that would be
 * refused. False until it is known.
 */
export function useMayAct(): boolean {
  return useSession()?.role === 'operator';
}
