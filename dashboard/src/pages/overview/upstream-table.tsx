import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { type SecondGrid, sumOf } from '../../live/second-grid.ts';
import { limitText } from '../../live/verdict-text.ts';
import { Card } from '../../ui/card.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { StateBadges } from './state-badges.tsx';

export interface UpstreamTableProps {
  grid: SecondGrid;
  upstreams: readonly UpstreamStatus[];
}

/** Every upstream in one line: whether it works, who waits for it, and what it may still do. */
export function UpstreamTable({ grid, upstreams }: UpstreamTableProps) {
  const { t } = useTranslation('overview');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const columns = useMemo((): Column<UpstreamStatus>[] => {
    const live = (text: string) => <span className="live-number whitespace-nowrap">{text}</span>;
    const limitsOf = ({ limits }: UpstreamStatus) =>
      limits.length === 0
        ? t('upstreams.noLimit')
        : limits.map((limit) => (
            <span key={limit.limit} className="block">
              {limitText(limit, tCommon, format)}
            </span>
          ));
    const drainOf = ({ waiting, drained_in_ms: ms }: UpstreamStatus): string =>
      waiting === 0 || ms === null ? '–' : `≈ ${format.duration(ms)}`;
    return [
      {
        id: 'name',
        header: t('upstreams.name'),
        cell: (upstream) => (
          <>
            <UpstreamLink name={upstream.name} />
            <span className="block text-muted text-xs sm:hidden">{limitsOf(upstream)}</span>
          </>
        ),
      },
      {
        id: 'state',
        header: t('upstreams.state'),
        cell: (upstream) => <StateBadges upstream={upstream} />,
      },
      {
        id: 'waiting',
        header: t('upstreams.waiting'),
        align: 'end',
        cell: ({ waiting }) => live(format.number(waiting)),
      },
      {
        id: 'running',
        header: t('upstreams.running'),
        align: 'end',
        hideOnPhone: true,
        cell: ({ running, concurrency }) =>
          live(
            concurrency === null
              ? format.number(running)
              : `${format.number(running)} / ${format.number(concurrency)}`,
          ),
      },
      {
        id: 'drain',
        header: t('upstreams.drain'),
        align: 'end',
        hideOnPhone: true,
        cell: (upstream) => live(drainOf(upstream)),
      },
      {
        id: 'slot',
        header: t('upstreams.slot'),
        align: 'end',
        hideOnPhone: true,
        cell: ({ paced, next_slot_in_ms: ms }) => {
          if (!paced) return live('–');
          if (ms === null) return live(t('upstreams.slotUnknown'));
          return live(ms === 0 ? tCommon('now') : format.duration(ms));
        },
      },
      {
        id: 'sends',
        header: t('upstreams.sends'),
        align: 'end',
        hideOnPhone: true,
        cell: ({ name }) => live(format.number(sumOf(grid, (sample) => sample.upstreams[name]?.sends ?? 0))),
      },
      {
        id: 'limit',
        header: t('upstreams.limit'),
        hideOnPhone: true,
        cell: (upstream) => <div className="whitespace-nowrap">{limitsOf(upstream)}</div>,
      },
      {
        id: 'policy',
        header: t('upstreams.policy'),
        hideOnPhone: true,
        cell: ({ policy }) => t(`policy.${policy}`),
      },
    ];
  }, [t, tCommon, format, grid]);
  return (
    <Card title={t('upstreams.title')}>
      <DataTable
        caption={t('upstreams.title')}
        columns={columns}
        rows={upstreams}
        rowKey={({ name }) => name}
        empty={t('upstreams.empty')}
        className="max-h-[32rem]"
      />
    </Card>
  );
}

export function UpstreamLink({ name }: { name: string }) {
  return (
    <Link
      to="/upstreams/$name"
      params={{ name }}
      className="inline-block min-h-6 break-words font-medium font-mono underline underline-offset-2"
    >
      {name}
    </Link>
  );
}
