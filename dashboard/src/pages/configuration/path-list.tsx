import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';

const MOST_PATHS = 20;

/** Paths of values, as many as one reads. */
export function PathList({ paths }: { paths: readonly string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rest = paths.length - MOST_PATHS;
  return (
    <ul className="my-1 flex flex-wrap gap-x-3 gap-y-1">
      {paths.slice(0, MOST_PATHS).map((path) => (
        <li key={path}>
          <code className="break-all font-mono">{path}</code>
        </li>
      ))}
      {rest > 0 && <li>{t('andMore', { shown: format.number(rest) })}</li>}
    </ul>
  );
}
