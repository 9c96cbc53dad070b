import { FileText, Flag, Lock, type LucideIcon, SquareTerminal } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ConfigEntry } from '../../api/types.ts';
import { Badge } from '../../ui/badge.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { type Origin, writtenValue } from './config-entry.ts';

const ICON: Readonly<Partial<Record<Origin, LucideIcon>>> = {
  flag: Flag,
  env: SquareTerminal,
  file: FileText,
};

/** Path, value, and where it came from. */
export function ConfigRow({ entry: { path, value, secret, origin } }: { entry: ConfigEntry }) {
  const { t } = useTranslation('configuration');
  const icon = ICON[origin.kind];
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 gap-y-1 py-1.5 sm:grid-cols-[minmax(0,5fr)_minmax(0,4fr)_minmax(0,4fr)_auto]">
      <code className="break-all py-1 font-mono text-sm">{path}</code>
      <CopyButton
        text={path}
        label={t('copyPath')}
        className="row-span-1 sm:order-last [&_svg]:max-sm:mx-0 max-sm:text-xs"
      />
      <span className="col-span-2 min-w-0 py-1 sm:col-span-1">
        <Value value={value} secret={secret} />
      </span>
      <span className="col-span-2 flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 py-1 sm:col-span-1">
        <Badge
          tone={origin.kind === 'default' ? 'neutral' : 'info'}
          {...(icon === undefined ? {} : { icon })}
        >
          {t(`origin.${origin.kind}`)}
        </Badge>
        {origin.where !== '' && (
          <code className="min-w-0 break-all font-mono text-muted text-xs">{origin.where}</code>
        )}
      </span>
    </li>
  );
}

function Value({ value, secret }: { value: unknown; secret: boolean }) {
  const { t } = useTranslation('configuration');
  if (value === null) return <span className="text-muted italic">{t('value.unset')}</span>;
  if (value === '') return <span className="text-muted italic">{t('value.empty')}</span>;
  return (
    <span className="inline-flex max-w-full items-start gap-1.5">
      {secret && <Lock aria-hidden="true" className="mt-1 size-3.5 shrink-0 text-muted" />}
      <code className="min-w-0 break-all font-medium font-mono text-sm">{writtenValue(value)}</code>
      {secret && <span className="sr-only">{t('value.secret')}</span>}
    </span>
  );
}
