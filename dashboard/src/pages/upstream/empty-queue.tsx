import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Inbox } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import type { RouteView } from '../../api/types.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { demoCommand } from './demo-command.ts';

/**
 * Nobody waits: what will be here, and how to see it. `canWait`: there is something to wait for, a limit or a bound
 * of calls in flight.
 */
export function EmptyQueue({ name, canWait }: { name: string; canWait: boolean }) {
  const { t } = useTranslation('upstream');
  const session = useSession();
  const { data: routes } = useQuery({
    queryKey: ['routes'],
    queryFn: ({ signal }) => ask<{ items: readonly RouteView[] }>('/routes', { signal }),
    staleTime: 60_000,
    // The command is an extra: without it the load test is still there.
    retry: false,
  });
  const command =
    !canWait || routes === undefined || session === undefined
      ? undefined
      : demoCommand(routes.items, name, session.data_plane);
  return (
    <EmptyState
      icon={Inbox}
      title={t('empty.title')}
      {...(command === undefined ? {} : { curl: command })}
      action={
        <Link
          to="/load-test"
          search={{ upstream: name }}
          className="inline-flex min-h-8 items-center underline underline-offset-2"
        >
          {t('empty.loadTest')}
        </Link>
      }
    >
      {t(canWait ? 'empty.explain' : 'empty.never')}
    </EmptyState>
  );
}
