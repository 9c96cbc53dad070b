import { Link } from '@tanstack/react-router';
import { Inbox } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { demoCommand } from './demo-command.ts';

/**
 * Nobody waits: what will be here, and how to see it. `canWait`: there is something to wait for, a limit or a bound
 * of calls in flight.
 */
export function EmptyQueue({ name, canWait }: { name: string; canWait: boolean }) {
  const { t } = useTranslation('upstream');
  const session = useSession();
  const { data: routes } = useRoutes();
  const command =
    !canWait || routes === undefined || session === undefined
      ? undefined
      : demoCommand(routes, name, session.data_plane);
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
