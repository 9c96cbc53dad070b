import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { QueueHolders } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { pathOf } from './use-upstream-now.ts';

/** Asks as long as the component that asks is there: counted when its dialog opens, and kept fresh. */
export function useHolders(name: string) {
  return useQuery({
    queryKey: ['upstreams', name, 'queue', 'holders'],
    queryFn: ({ signal }) => ask<QueueHolders>(`${pathOf(name)}/queue/holders`, { signal }),
    staleTime: 0,
    gcTime: 0,
    refetchInterval: 1_000,
  });
}

/** "42 waiting requests of 3 clients". */
export function useHoldersText(): (holders: QueueHolders) => string {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  return ({ requests, clients }) =>
    t('holders.both', {
      requests: t('holders.requests', { count: requests, shown: format.number(requests) }),
      clients: t('holders.clients', { count: clients, shown: format.number(clients) }),
    });
}
