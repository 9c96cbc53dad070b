import { useTranslation } from 'react-i18next';
import type { FleetView } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { useLive } from '../../live/use-live.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { KeyValue, type KeyValueItem } from '../../ui/key-value.tsx';
import { TONE_ICON } from '../../ui/tone.ts';

/** What the nodes share, and whether it is there. */
export function StateCard({ fleet }: { fleet: FleetView }) {
  const { t } = useTranslation('fleet');
  const format = useFormat();
  const ledger = useLive()?.state.ledger;
  const { kind, status, since, reason, server } = fleet.state;
  const items: KeyValueItem[] = [
    {
      label: t('state.redis'),
      value:
        kind === 'memory' ? (
          t('state.memory')
        ) : (
          <span className="flex flex-wrap items-center justify-end gap-x-2">
            <Sign isUp={status === 'ok'} up={t('state.up')} away={t('state.away')} />
            {since !== null && (
              <span className="text-muted">{t('state.since', { time: format.time(since) })}</span>
            )}
          </span>
        ),
    },
  ];
  if (reason !== null)
    items.push({ label: t('state.reason'), value: translateMessage(reason, format.locale) });
  if (server !== null) {
    const {
      version,
      role,
      commands_per_second: rate,
      used_memory_bytes: used,
      max_memory_bytes: most,
    } = server;
    items.push(
      { label: t('state.server'), value: t('state.serverValue', { version, role }) },
      { label: t('state.commands'), value: t('state.commandsValue', { rate: format.rate(rate) }) },
      {
        label: t('state.used'),
        value:
          most === null
            ? format.bytes(used)
            : t('state.usedOf', { used: format.bytes(used), most: format.bytes(most) }),
      },
    );
  }
  if (ledger !== undefined) {
    items.push({
      label: t('state.ledger'),
      value: <Sign isUp={ledger.status === 'ok'} up={t('state.ledgerOk')} away={t('state.ledgerAway')} />,
    });
  }
  return (
    <Card title={t('state.title')}>
      <KeyValue items={items} />
    </Card>
  );
}

function Sign({ isUp, up, away }: { isUp: boolean; up: string; away: string }) {
  const tone = isUp ? 'ok' : 'bad';
  return (
    <Badge tone={tone} icon={TONE_ICON[tone]}>
      {isUp ? up : away}
    </Badge>
  );
}
