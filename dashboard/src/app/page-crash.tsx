import { Bug } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

/** A defect of one page leaves the menu and the verdict standing. */
export function PageCrash({ error }: { error: unknown }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={Bug}
      title={t('crash.title')}
      action={<Button onClick={() => location.reload()}>{t('crash.reload')}</Button>}
    >
      {t('crash.explain')}
      <code className="mt-2 block text-muted text-sm">
        {error instanceof Error ? error.message : String(error)}
      </code>
    </EmptyState>
  );
}
