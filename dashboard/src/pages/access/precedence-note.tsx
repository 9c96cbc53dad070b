import { useTranslation } from 'react-i18next';

/** Which rule wins, for whoever does not know it by heart. */
export function PrecedenceNote() {
  const { t } = useTranslation('access');
  return (
    <details className="text-muted text-sm">
      <summary className="min-h-6 w-fit cursor-pointer font-medium hover:text-text">
        {t('precedence.title')}
      </summary>
      <p className="mt-1">{t('precedence.explain')}</p>
      <ol className="mt-1 list-decimal pl-6">
        <li>{t('precedence.client')}</li>
        <li>{t('precedence.path')}</li>
        <li>{t('precedence.methods')}</li>
        <li>{t('precedence.action')}</li>
        <li>{t('precedence.id')}</li>
      </ol>
    </details>
  );
}
