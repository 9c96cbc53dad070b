import { Pencil } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { limitText } from '../../live/verdict-text.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { KeyValue } from '../../ui/key-value.tsx';
import { Running } from './countdown.tsx';
import { LimitsDialog } from './limits-dialog.tsx';

/** What the provider allows, and how much of it is used now. */
export function LimitsCard({
  detail,
  status,
  asOfMs,
}: {
  detail: UpstreamDetail;
  status: UpstreamStatus;
  asOfMs: number;
}) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const mayAct = useMayAct();
  const [open, setOpen] = useState(false);
  const { limits, running, concurrency, ceiling_per_second: ceiling, next_slot_in_ms: nextSlotMs } = status;
  const why = mayAct ? (detail.paced ? undefined : t('limits.notPaced')) : tCommon('viewerOnly');
  return (
    <Card
      title={t('limits.title')}
      actions={
        <Button
          size="sm"
          icon={Pencil}
          disabled={why !== undefined}
          title={why}
          onClick={() => setOpen(true)}
        >
          {t('limits.edit')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        {limits.length === 0 && <p className="text-muted">{t('limits.none')}</p>}
        {limits.map((limit, index) => (
          <Meter
            // biome-ignore lint/suspicious/noArrayIndexKey: two limits may be alike, and their order is that of the settings
            key={index}
            label={limitText(limit, tCommon, format)}
            value={limit.used}
            most={limit.count}
            text={t('limits.used', {
              used: format.number(limit.used),
              most: format.number(limit.count),
              left: format.number(limit.left),
            })}
          />
        ))}
        {concurrency !== null && (
          <Meter
            label={t('limits.concurrency')}
            value={running}
            most={concurrency}
            text={t('limits.runningOf', {
              running: format.number(running),
              most: format.number(concurrency),
            })}
          />
        )}
        <KeyValue
          items={[
            ...(concurrency === null
              ? [
                  {
                    label: t('limits.running'),
                    value: <span className="live-number">{format.number(running)}</span>,
                  },
                ]
              : []),
            ...(ceiling === null
              ? []
              : [
                  {
                    label: t('limits.ceiling'),
                    value: t('limits.ceilingValue', { count: ceiling, shown: format.number(ceiling) }),
                  },
                ]),
            {
              label: t('limits.nextSlot'),
              value: <NextSlot ms={nextSlotMs} asOfMs={asOfMs} />,
            },
          ]}
        />
        {!detail.paced && <p className="text-muted text-sm">{t('limits.notPaced')}</p>}
      </div>
      {open && <LimitsDialog detail={detail} waiting={status.waiting} onClose={() => setOpen(false)} />}
    </Card>
  );
}

function NextSlot({ ms, asOfMs }: { ms: number | null; asOfMs: number }): ReactNode {
  const { t } = useTranslation('upstream');
  if (ms === null) return t('limits.nextSlotUnknown');
  if (ms === 0) return <span className="live-number">{t('limits.nextSlotNow')}</span>;
  return <Running ms={ms} asOfMs={asOfMs} way="down" />;
}

interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  readonly text: string;
}

/** How full something is: in words, and as a bar for the eye. */
function Meter({ label, value, most, text }: MeterProps) {
  const share = most === 0 ? 0 : Math.min(1, value / most);
  return (
    <div>
      <div className="flex flex-wrap justify-between gap-x-4">
        <span className="font-medium">{label}</span>
        <span className="live-number text-muted">{text}</span>
      </div>
      <div aria-hidden className="mt-1 h-2 overflow-hidden rounded-full border border-line bg-sunken">
        <div className="live-number h-full bg-chart-sends" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
