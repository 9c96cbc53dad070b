import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import type { ConfigReload } from '../../api/types.ts';
import { type ReloadOutcome, refusalOf } from './reload-outcome.ts';

/** Reads the file again. A file with problems is an outcome like any other. */
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
  try {
    return { kind: 'read', ...(await ask<ConfigReload>('/config/reload', { method: 'POST' })) };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}
