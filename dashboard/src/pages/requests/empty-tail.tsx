import { ListTree, SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import { firstCall } from '../../calls/first-call.ts';
import { useFormat } from '../../i18n/format.ts';
import { useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import type { TailFilters } from './tail-filters.ts';

interface EmptyTailProps {
  readonly filters: TailFilters;
  /** Came while the list was held. */
  readonly waiting: number;
  readonly onShow: () => void;
}

/** Says why there is nothing: no traffic yet, or none that the filters let through. */
export function EmptyTail({ filters, waiting, onShow }: EmptyTailProps) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const dataPlane = useSession()?.data_plane;
  const paced = useLive()?.upstreams.filter((upstream) => upstream.paced) ?? [];
  const routes = useRoutes();
  const call =
    dataPlane === undefined
      ? undefined
      : firstCall(routes.data ?? [], new Set(paced.map(({ name }) => name)), dataPlane);
  const action =
    waiting === 0 ? undefined : (
      <Button onClick={onShow}>{t('showNew', { count: waiting, shown: format.number(waiting) })}</Button>
    );
  if (Object.keys(filters).length > 0) {
    return (
      <EmptyState icon={SearchX} title={t('noMatch.title')} action={action}>
        {t('noMatch.explain')}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={ListTree}
      title={t('empty.title')}
      action={action}
      {...(call === undefined ? {} : { curl: call.curl })}
    >
      {t('empty.explain')}
    </EmptyState>
  );
}
