import { Bug, RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

/** What browsers say of a chunk that is not there: the gateway serves another build than the one that was loaded. */
const CHUNK_MISSING = /dynamically imported module|module script failed/i;

/** A defect of one page leaves the menu and the verdict standing. */
export function PageCrash({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const message = error instanceof Error ? error.message : String(error);
  const reload = <Button onClick={() => location.reload()}>{t('crash.reload')}</Button>;
  if (CHUNK_MISSING.test(message)) {
    return (
      <EmptyState icon={RefreshCw} title={t('crash.outdatedTitle')} action={reload}>
        {t('crash.outdated')}
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Bug} title={t('crash.title')} action={reload}>
      {t('crash.explain')}
      <code className="mt-2 block text-muted text-sm">{message}</code>
    </EmptyState>
  );
}
