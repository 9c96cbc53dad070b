import { FileLock2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Rule, RuleAction } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { useFormat } from '../../i18n/format.ts';
import { limitText } from '../../live/verdict-text.ts';
import { Badge } from '../../ui/badge.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import type { Tone } from '../../ui/tone.ts';
import { RuleMenu } from './rule-menu.tsx';
import { durationOf, rateOf } from './rule-rate.ts';

export const ACTION_TONE: Readonly<Record<RuleAction, Tone>> = {
  throttle: 'warn',
  deny: 'bad',
  allow: 'ok',
};

interface RuleTableProps {
  readonly rules: readonly Rule[];
  readonly onOpen: (rule: Rule) => void;
  readonly onDelete: (rule: Rule) => void;
}

/** One page of rules, in the order of the API: those of the file, then by id. */
export function RuleTable({ rules, onOpen, onDelete }: RuleTableProps) {
  const { t } = useTranslation('access');
  const format = useFormat();
  const count = (rule: Rule, of: 'matched' | 'refused' | 'shadow_refused') =>
    rule.counters === null ? '–' : format.number(rule.counters[of]);
  const columns: Column<Rule>[] = [
    { id: 'id', header: t('column.rule'), cell: (rule) => <RuleName rule={rule} /> },
    {
      id: 'client',
      header: t('column.who'),
      hideOnPhone: true,
      cell: (rule) => <RuleClient rule={rule} />,
    },
    {
      id: 'path',
      header: t('column.what'),
      hideOnPhone: true,
      cell: (rule) => <RulePath rule={rule} />,
    },
    { id: 'action', header: t('column.action'), cell: (rule) => <RuleEffect rule={rule} /> },
    {
      id: 'matched',
      header: t('column.matched'),
      align: 'end',
      hideOnPhone: true,
      cell: (rule) => count(rule, 'matched'),
    },
    {
      id: 'refused',
      header: t('column.refused'),
      align: 'end',
      hideOnPhone: true,
      cell: (rule) =>
        rule.shadow ? (
          <>
            {count(rule, 'shadow_refused')}
            <span className="block text-muted text-xs">{t('column.wouldHave')}</span>
          </>
        ) : (
          count(rule, 'refused')
        ),
    },
    {
      id: 'source',
      header: t('column.source'),
      hideOnPhone: true,
      cell: ({ source }) =>
        source === 'file' ? <Badge icon={FileLock2}>{t('source.file')}</Badge> : t('source.api'),
    },
    {
      id: 'menu',
      header: <span className="sr-only">{t('column.menu')}</span>,
      align: 'end',
      cell: (rule) => (
        // What is chosen in the menu is not a click on the row, though React hands it on.
        // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps clicks from going on
        // biome-ignore lint/a11y/useKeyWithClickEvents: as above
        <span onClick={(event) => event.stopPropagation()}>
          <RuleMenu rule={rule} onOpen={onOpen} onDelete={onDelete} />
        </span>
      ),
    },
  ];
  return (
    <DataTable
      caption={t('rules.caption')}
      columns={columns}
      rows={rules}
      rowKey={({ id, source }) => `${source} ${id}`}
      onRowClick={onOpen}
      className="max-h-[max(20rem,calc(100dvh-27rem))]"
    />
  );
}

function RuleName({ rule }: { rule: Rule }) {
  const { t } = useTranslation('access');
  const { id, note, enabled, shadow } = rule;
  return (
    <div className="min-w-28 max-w-72">
      <span className="break-all font-medium font-mono text-sm">{maskNumbers(id)}</span>
      {(!enabled || shadow) && (
        <span className="ml-2 inline-flex flex-wrap gap-1">
          {!enabled && <Badge>{t('state.disabled')}</Badge>}
          {shadow && <Badge tone="info">{t('state.shadow')}</Badge>}
        </span>
      )}
      {note !== undefined && (
        <span className="line-clamp-2 break-words text-muted text-sm">{maskNumbers(note)}</span>
      )}
      <span className="mt-1 flex flex-wrap gap-x-2 sm:hidden">
        <RuleClient rule={rule} />
        <span>
          <RulePath rule={rule} />
        </span>
      </span>
    </div>
  );
}

function RuleEffect({ rule: { action, limit, block_for } }: { rule: Rule }) {
  const { t } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const rate = limit === undefined ? undefined : rateOf(limit);
  const blockMs = block_for === undefined ? undefined : durationOf(block_for);
  return (
    <div className="flex min-w-32 flex-col items-start gap-0.5">
      <Badge tone={ACTION_TONE[action]}>{t(`action.${action}`)}</Badge>
      {limit !== undefined && (
        <span className="text-sm">
          {t('effect.above', {
            limit: rate === undefined ? limit : limitText({ ...rate, even: false }, tCommon, format),
          })}
        </span>
      )}
      {block_for !== undefined && (
        <span className="text-muted text-sm">
          {t('effect.block', { duration: blockMs === undefined ? block_for : format.duration(blockMs) })}
        </span>
      )}
    </div>
  );
}

function RuleClient({ rule: { client } }: { rule: Rule }) {
  const { t } = useTranslation('access');
  if (client === '*') return t('who.any');
  return <span className="break-all font-mono text-sm">{maskClient(client)}</span>;
}

function RulePath({ rule: { path, methods } }: { rule: Rule }) {
  const { t } = useTranslation('access');
  return (
    <>
      {path === '*' ? t('anyPath') : <span className="break-all font-mono text-sm">{maskNumbers(path)}</span>}
      {!methods.includes('*') && <span className="block text-muted text-sm">{methods.join(', ')}</span>}
    </>
  );
}
