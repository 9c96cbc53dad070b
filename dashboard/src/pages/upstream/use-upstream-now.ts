import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, type Call } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import type { UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { useLiveView } from '../../live/use-live.ts';

const REFRESH_MS = 2_000;
/** While there is no such upstream: the live stream says it first when there is one again. */
const REFRESH_UNKNOWN_MS = 10_000;

/** The answer of the API, and when it came (`performance.now()`). */
interface Told {
  readonly detail: UpstreamDetail;
  readonly atMs: number;
}

/** One upstream as far as it is known. */
export interface UpstreamNow {
  readonly status: UpstreamStatus | undefined;
  /** When the status was so (`performance.now()`). */
  readonly asOfMs: number;
  /** Address and settings; undefined until they have been told. */
  readonly detail: UpstreamDetail | undefined;
  /** Why they have not. Nothing while the gateway does not answer at all: the frame of the page says so. */
  readonly error: unknown;
  readonly retry: () => void;
  /** The gateway knows no upstream of the name (any more). */
  readonly isUnknown: boolean;
}

export const pathOf = (name: string): string => `/upstreams/${encodeURIComponent(name)}`;

/**
 * The state of the live stream, or of the last answer where that is newer: what somebody has just changed is seen at
 * once, not with the next frame.
 */
export function useUpstreamNow(name: string): UpstreamNow {
  const { data: live, frameAtMs, connection } = useLiveView();
  const {
    data: told,
    error,
    refetch,
  } = useQuery({
    queryKey: ['upstreams', name],
    queryFn: async ({ signal }): Promise<Told> => {
      const detail = await ask<UpstreamDetail>(pathOf(name), { signal });
      return { detail, atMs: performance.now() };
    },
    refetchInterval: ({ state }) => (isNotFound(state.error) ? REFRESH_UNKNOWN_MS : REFRESH_MS),
  });
  const streamed = live?.upstreams.find((upstream) => upstream.name === name);
  const isToldNewer = told !== undefined && (streamed === undefined || told.atMs > (frameAtMs ?? 0));
  const isGone = live !== undefined && streamed === undefined;
  return {
    status: isToldNewer ? told.detail.status : streamed,
    asOfMs: (isToldNewer ? told.atMs : frameAtMs) ?? 0,
    detail: told?.detail,
    error: connection.kind === 'lost' ? undefined : (error ?? undefined),
    retry: () => void refetch(),
    isUnknown: isGone || (streamed === undefined && isNotFound(error)),
  };
}

/** Changes something of the upstream; what the API answers about it is shown at once. */
export function useUpstreamChange(name: string): <Answer>(below: string, call: Call) => Promise<Answer> {
  const queries = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationFn: ({ below, call }: { below: string; call: Call }) =>
      ask<unknown>(`${pathOf(name)}${below}`, call),
    onSuccess: (answer) => {
      if (isDetail(answer))
        queries.setQueryData(['upstreams', name], { detail: answer, atMs: performance.now() });
      return queries.invalidateQueries({ queryKey: ['upstreams', name, 'queue'] });
    },
  });
  return async <Answer>(below: string, call: Call) => (await mutateAsync({ below, call })) as Answer;
}

function isDetail(answer: unknown): answer is UpstreamDetail {
  return typeof answer === 'object' && answer !== null && 'settings' in answer && 'status' in answer;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
