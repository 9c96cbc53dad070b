import { useMutation, useQueryClient } from '@tanstack/react-query';
import { apiUrl } from '../../api/client.ts';
import { ApiError, problemOf } from '../../api/problem.ts';
import { token } from '../../api/token.ts';
import { type ReloadOutcome, refusalOf } from './reload-outcome.ts';

/**
 * Reads the file again. A file with problems is an outcome like any other: each has its line and column, which a
 * general error does not carry.
 */
export function useReload() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: reloadFile,
    onSettled: () => {
      for (const name of ['config', 'audit', 'routes', 'upstreams', 'rules', 'cache']) {
        void queries.invalidateQueries({ queryKey: [name] });
      }
    },
  });
}

export type Reload = ReturnType<typeof useReload>;

async function reloadFile(): Promise<ReloadOutcome> {
  const key = token();
  let response: Response;
  try {
    response = await fetch(apiUrl('/config/reload'), {
      method: 'POST',
      headers: {
        Accept: 'application/json',
        ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
      },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new ApiError(0, 'unreachable', '', error instanceof Error ? error.message : String(error));
  }
  if (response.ok) {
    return { kind: 'read', ...((await response.json()) as Omit<ReloadOutcome & { kind: 'read' }, 'kind'>) };
  }
  const copy = response.clone();
  const refusal = refusalOf(await copy.json().catch(() => undefined));
  if (refusal !== undefined) return refusal;
  throw await problemOf(response);
}

/** Reading a file and applying it takes less than a second; the rest is the network. */
const TIMEOUT_MS = 15_000;
