import { SearchX, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { adminCurl } from './admin-curl.ts';

const EXAMPLE = { id: 'slow-items', client: '127.0.0.1', path: '/ml/items/*', limit: '5 per 1m' };

/** No rules at all, or none that the filters let through. */
export function EmptyRules({ isFiltered, onReset }: { isFiltered: boolean; onReset: () => void }) {
  const { t } = useTranslation('access');
  const session = useSession();
  if (isFiltered) {
    return (
      <EmptyState
        icon={SearchX}
        title={t('rules.noMatch')}
        action={<Button onClick={onReset}>{t('rules.reset')}</Button>}
      />
    );
  }
  return (
    <EmptyState icon={ShieldCheck} title={t('rules.emptyTitle')} curl={adminCurl(session, '/rules', EXAMPLE)}>
      {t('rules.emptyExplain')}
    </EmptyState>
  );
}
