import { CircleDashed, CirclePause } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { useServerNow } from '../../live/use-live.ts';
import { Badge } from '../../ui/badge.tsx';
import { TONE_ICON } from '../../ui/tone.ts';
import { breakerSign, secondsLeft } from './upstream-state.ts';

/** Breaker and pause of an upstream, with the time that is left of them. */
export function StateBadges({ upstream }: { upstream: UpstreamStatus }) {
  const sign = breakerSign(upstream.breaker);
  const counts = ('untilMs' in sign && sign.untilMs !== undefined) || upstream.pause?.until != null;
  return (
    <span className="flex flex-wrap gap-1">
      {counts ? <Counting upstream={upstream} /> : <Badges upstream={upstream} nowMs={undefined} />}
    </span>
  );
}

/** Only what counts down needs a clock. */
function Counting({ upstream }: { upstream: UpstreamStatus }) {
  return <Badges upstream={upstream} nowMs={useServerNow(500)} />;
}

function Badges({ upstream, nowMs }: { upstream: UpstreamStatus; nowMs: number | undefined }) {
  const { t } = useTranslation('overview');
  const { pause } = upstream;
  const format = useFormat();
  const sign = breakerSign(upstream.breaker);
  const left = (untilMs: number | undefined): string | undefined => {
    const ms = secondsLeft(untilMs, nowMs);
    return ms === undefined ? undefined : format.duration(ms);
  };
  const words = (): string => {
    switch (sign.key) {
      case 'closed':
        return sign.failures === 0 ? t('state.closed') : t('state.closedFailing', { count: sign.failures });
      case 'open': {
        const time = left(sign.untilMs);
        return time === undefined ? t('state.open') : t('state.openFor', { time });
      }
      case 'forcedOpen':
      case 'forcedClosed':
      case 'forcedHalfOpen':
        return t(`state.${sign.key}`, { time: left(sign.untilMs) ?? '?' });
      default:
        return t(`state.${sign.key}`);
    }
  };
  const pausedFor = pause?.until == null ? undefined : left(Date.parse(pause.until));
  return (
    <>
      <Badge
        tone={sign.tone}
        icon={sign.key === 'noBreaker' ? CircleDashed : TONE_ICON[sign.tone]}
        className="live-number max-sm:whitespace-normal"
      >
        {words()}
      </Badge>
      {pause !== null && (
        <Badge tone="warn" icon={CirclePause} className="live-number max-sm:whitespace-normal">
          <span title={translateMessage(pause.reason, format.locale)}>
            {pausedFor === undefined ? t('state.paused') : t('state.pausedFor', { time: pausedFor })}
          </span>
        </Badge>
      )}
    </>
  );
}
