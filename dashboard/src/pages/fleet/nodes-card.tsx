import { useTranslation } from 'react-i18next';
import type { FleetNode, FleetView } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { useLive } from '../../live/use-live.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { TONE_ICON } from '../../ui/tone.ts';
import { nodeName } from './drift-lines.ts';

/** Every process, with what it does and whether it is like the others. */
export function NodesCard({ fleet }: { fleet: FleetView }) {
  const { t } = useTranslation('fleet');
  const format = useFormat();
  // The server’s clock: that of this machine may be wrong.
  const nowMs = useLive()?.serverNowMs;
  const number = (of: (node: FleetNode) => number) => (node: FleetNode) => format.number(of(node));
  return (
    <Card title={t('nodes.title')}>
      <DataTable<FleetNode>
        caption={t('nodes.title')}
        rows={fleet.nodes}
        rowKey={({ id }) => id}
        empty={t('nodes.empty')}
        className="max-h-[36rem]"
        columns={[
          {
            id: 'node',
            header: t('nodes.host'),
            cell: (node) => <NodeCell node={node} />,
            sortValue: nodeName,
          },
          {
            id: 'config',
            header: t('nodes.config'),
            cell: ({ drifts, config_hash: hash }) => (
              <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <Badge tone={drifts ? 'warn' : 'ok'} icon={TONE_ICON[drifts ? 'warn' : 'ok']}>
                  {drifts ? t('nodes.drifts') : t('nodes.alike')}
                </Badge>
                <code className="font-mono text-muted text-xs">{hash.slice(0, 8)}</code>
              </span>
            ),
            sortValue: ({ config_hash: hash }) => hash,
          },
          {
            id: 'version',
            header: t('nodes.version'),
            hideOnPhone: true,
            cell: ({ version }) => version ?? '–',
            sortValue: ({ version }) => version,
          },
          {
            id: 'uptime',
            header: t('nodes.uptime'),
            hideOnPhone: true,
            cell: ({ started_at: startedAt }) =>
              startedAt === null || nowMs === undefined ? (
                '–'
              ) : (
                <time dateTime={startedAt}>
                  {format.duration(Math.max(0, nowMs - Date.parse(startedAt)))}
                </time>
              ),
            sortValue: ({ started_at: startedAt }) => startedAt,
          },
          {
            id: 'heard',
            header: t('nodes.heard'),
            hideOnPhone: true,
            cell: ({ age_ms: ageMs }) => <span className="live-number">{format.ago(ageMs)}</span>,
            sortValue: ({ age_ms: ageMs }) => ageMs,
          },
          {
            id: 'rate',
            header: t('nodes.rate'),
            align: 'end',
            cell: number(({ requests_per_second: rate }) => rate),
            sortValue: ({ requests_per_second: rate }) => rate,
          },
          {
            id: 'waiting',
            header: t('nodes.waiting'),
            align: 'end',
            cell: number(({ waiting }) => waiting),
            sortValue: ({ waiting }) => waiting,
          },
          {
            id: 'running',
            header: t('nodes.running'),
            align: 'end',
            cell: number(({ running }) => running),
            sortValue: ({ running }) => running,
          },
        ]}
      />
    </Card>
  );
}

function NodeCell({ node }: { node: FleetNode }) {
  const { t } = useTranslation('fleet');
  const { id, host, pid, url, admin_url: adminUrl, is_self: isSelf } = node;
  return (
    <span className="flex min-w-32 flex-col">
      <span className="flex flex-wrap items-center gap-x-2">
        <strong className="[overflow-wrap:anywhere] font-semibold">{host ?? id}</strong>
        {isSelf && <Badge tone="info">{t('nodes.self')}</Badge>}
      </span>
      <span className="text-muted text-xs">
        {pid === null ? t('nodes.unknown') : t('nodes.process', { pid: String(pid) })}
        {url !== null && ` · ${url}`}
        {pid !== null && adminUrl === null && ` · ${t('nodes.noAdmin')}`}
      </span>
    </span>
  );
}
