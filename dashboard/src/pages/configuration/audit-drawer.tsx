import { Equal, type LucideIcon, Minus, Plus, Replace } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { KeyValue } from '../../ui/key-value.tsx';
import type { Tone } from '../../ui/tone.ts';
import { type Change, type DiffLine, diffOf } from './audit-diff.ts';
import { useActionText } from './use-action-text.ts';

export interface AuditDrawerProps {
  entry: AuditEntry | undefined;
  onClose: () => void;
  onFilter: (subject: string) => void;
}

/** One change: who, when, and value by value what it was before and is after. */
export function AuditDrawer({ entry, onClose, onFilter }: AuditDrawerProps) {
  const actionText = useActionText();
  if (entry === undefined) return null;
  return (
    <Drawer
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={actionText(entry.action) ?? entry.action}
    >
      <Entry entry={entry} onFilter={onFilter} />
    </Drawer>
  );
}

function Entry({ entry, onFilter }: { entry: AuditEntry; onFilter: (subject: string) => void }) {
  const { t } = useTranslation('configuration');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const { lines, omitted } = diffOf(entry.before, entry.after);
  return (
    <div className="flex flex-col gap-4">
      <KeyValue
        items={[
          { label: t('audit.at'), value: <time dateTime={entry.at}>{format.dateTime(entry.at)}</time> },
          { label: t('audit.actor'), value: <span className="break-all">{entry.actor}</span> },
          { label: t('audit.action'), value: <code className="font-mono">{entry.action}</code> },
          {
            label: t('audit.subject'),
            value: <code className="break-all font-mono">{entry.subject}</code>,
          },
          { label: t('audit.number'), value: format.number(entry.id, { useGrouping: false }) },
        ]}
      />
      <div>
        <Button size="sm" onClick={() => onFilter(entry.subject)}>
          {t('audit.sameSubject')}
        </Button>
      </div>
      <section>
        <h3 className="mb-2 font-semibold">{t('diff.title')}</h3>
        {lines.length === 0 ? (
          <p className="text-muted">{t('diff.none')}</p>
        ) : (
          <ul className="divide-y divide-line rounded-md border border-line">
            {lines.map((line) => (
              <Line key={line.path} line={line} />
            ))}
          </ul>
        )}
        {omitted > 0 && (
          <p className="mt-2 text-muted text-sm">{tCommon('andMore', { shown: format.number(omitted) })}</p>
        )}
      </section>
    </div>
  );
}

const LOOK: Readonly<Record<Change, readonly [LucideIcon, Tone]>> = {
  added: [Plus, 'ok'],
  removed: [Minus, 'bad'],
  changed: [Replace, 'info'],
  same: [Equal, 'neutral'],
};

function Line({ line: { path, change, before, after } }: { line: DiffLine }) {
  const { t } = useTranslation('configuration');
  const [icon, tone] = LOOK[change];
  return (
    <li className="flex flex-col gap-1 px-3 py-2 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={tone} icon={icon}>
          {t(`diff.${change}`)}
        </Badge>
        <code className="break-all font-mono">{path === '' ? t('diff.whole') : path}</code>
      </p>
      {change === 'same' ? (
        <Text text={after ?? ''} className="text-muted" />
      ) : (
        <>
          {before !== undefined && (
            <p className="flex gap-2">
              <span className="w-16 shrink-0 text-muted">{t('diff.before')}</span>
              <Text text={before} className={after === undefined ? '' : 'line-through decoration-muted'} />
            </p>
          )}
          {after !== undefined && (
            <p className="flex gap-2">
              <span className="w-16 shrink-0 text-muted">{t('diff.after')}</span>
              <Text text={after} className="font-medium" />
            </p>
          )}
        </>
      )}
    </li>
  );
}

/** Longer values are cut: a rule or an import may be anything. */
const MOST_CHARS = 2_000;

function Text({ text, className }: { text: string; className: string }) {
  return (
    <code className={`min-w-0 break-all font-mono ${className}`}>
      {text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)} …` : text}
    </code>
  );
}
