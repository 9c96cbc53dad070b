import type { TFunction } from 'i18next';
import type { Format } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import type { Sentence } from './timeline-line.ts';

/** A line of the timeline in words. Codes stand between backticks, for whoever shows it. */
export function timelineText(sentence: Sentence, t: TFunction<'overview'>, format: Format): string {
  switch (sentence.key) {
    case 'started':
      return sentence.version === undefined
        ? t('timeline.started')
        : t('timeline.startedVersion', { version: sentence.version });
    case 'breakerOpened': {
      const reason = t(`timeline.reason.${sentence.reason}`);
      if (sentence.forMs === undefined) return t('timeline.breakerOpened', { reason });
      return t('timeline.breakerOpenedFor', { reason, time: format.duration(sentence.forMs) });
    }
    case 'breakerForcedOpen':
    case 'breakerForcedClosed':
    case 'breakerForcedHalfOpen':
      return t(`timeline.${sentence.key}`, { time: durationText(sentence.forMs, t, format) });
    case 'providerPause':
      return t('timeline.providerPause', {
        status: sentence.status === undefined ? '?' : String(sentence.status),
        time: durationText(sentence.forMs, t, format),
      });
    case 'paused':
      return t('timeline.paused', {
        reason: translateMessage(sentence.reason, format.locale),
        time: durationText(sentence.forMs, t, format),
      });
    case 'operator': {
      const { action, code, actor, subject } = sentence;
      const what =
        action === undefined
          ? t('timeline.action.other', { code: `\`${code}\`` })
          : t(`timeline.action.${action}`);
      return `\`${actor}\` ${what}${subject === undefined ? '' : ` (\`${subject}\`)`}.`;
    }
    case 'reloadRejected':
      return t('timeline.reloadRejected', { count: sentence.problems });
    case 'reloaded': {
      const { applied, restart } = sentence;
      if (restart > 0) return t('timeline.reloadedRestart', { count: restart });
      if (applied === 0) return t('timeline.reloadedSame');
      return applied === undefined ? t('timeline.reloaded') : t('timeline.reloadedCount', { count: applied });
    }
    case 'burstStarted':
      return sentence.calls === undefined
        ? t('timeline.burstStarted')
        : t('timeline.burstStartedOf', { count: sentence.calls, calls: format.number(sentence.calls) });
    case 'burstDone':
    case 'burstAborted':
      if (sentence.calls === undefined || sentence.succeeded === undefined)
        return t(`timeline.${sentence.key}`);
      return t(`timeline.${sentence.key}Of`, {
        succeeded: format.number(sentence.succeeded),
        calls: format.number(sentence.calls),
      });
    default:
      return t(`timeline.${sentence.key}`);
  }
}

function durationText(forMs: number | undefined, t: TFunction<'overview'>, format: Format): string {
  return forMs === undefined
    ? t('timeline.untilLifted')
    : t('timeline.for', { time: format.duration(forMs) });
}
