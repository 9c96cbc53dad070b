import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { AuditPage } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { useLive } from '../../live/use-live.ts';
import { Notice } from '../../ui/notice.tsx';
import { PathList } from './path-list.tsx';
import { restartNeeded } from './restart-needed.ts';

/** Says that the file has values that this process does not use yet, whoever reloaded it. */
export function RestartNotice() {
  const { t } = useTranslation('configuration');
  const format = useFormat();
  const startedAt = useLive()?.startedAt;
  const { data } = useQuery({
    queryKey: ['audit', 'last-reload'],
    queryFn: ({ signal }) => ask<AuditPage>('/audit', { query: { subject: 'config', limit: 1 }, signal }),
    refetchInterval: 15_000,
  });
  const newest = data?.items[0];
  if (newest === undefined || startedAt === undefined) return null;
  const paths = restartNeeded(newest, startedAt);
  if (paths.length === 0) return null;
  return (
    <Notice tone="warn" title={t('restart.title')}>
      <p>{t('restart.explain', { at: format.dateTime(newest.at), actor: newest.actor })}</p>
      <PathList paths={paths} />
    </Notice>
  );
}
