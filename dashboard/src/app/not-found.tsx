import { Link } from '@tanstack/react-router';
import { MapPinOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../ui/empty-state.tsx';

/** An address that names no page. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={MapPinOff}
      title={t('notFound.title')}
      action={
        <Link to="/" className="underline">
          {t('notFound.home')}
        </Link>
      }
    >
      {t('notFound.explain')}
    </EmptyState>
  );
}
