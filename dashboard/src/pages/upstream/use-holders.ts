import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import { useFormat } from '../../i18n/format.ts';
import { pathOf } from './use-upstream-now.ts';

/** Who waits, counted: what an action would meet. */
export interface Holders {
  readonly requests: number;
  readonly clients: number;
}

/** Asks as long as the component that asks is there: counted when its dialog opens, and kept fresh. */
export function useHolders(name: string) {
  return useQuery({
    queryKey: ['upstreams', name, 'queue', 'holders'],
    queryFn: ({ signal }) => ask<Holders>(`${pathOf(name)}/queue/holders`, { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchInterval: 1_000,
  });
}

/** "42 waiting requests of 3 clients". */
export function useHoldersText(): (holders: Holders) => string {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  return ({ requests, clients }) =>
    t('holders.both', {
      requests: t('holders.requests', { count: requests, shown: format.number(requests) }),
      clients: t('holders.clients', { count: clients, shown: format.number(clients) }),
    });
}
