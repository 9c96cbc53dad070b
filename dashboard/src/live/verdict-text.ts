import type { TFunction } from 'i18next';
import type { LimitStatus } from '../api/types.ts';
import type { Format } from '../i18n/format.ts';
import { translateMessage } from '../i18n/server-messages.ts';
import { namedWindow } from './named-window.ts';
import type { Finding } from './verdict.ts';

/** A finding as one plain sentence. Names stand between backticks, for whoever shows it. */
export function findingText(
  finding: Finding,
  serverNowMs: number | undefined,
  t: TFunction<'common'>,
  format: Format,
): string {
  const left = (untilMs: number | undefined): string =>
    untilMs === undefined || serverNowMs === undefined
      ? '?'
      : format.duration(roundUp(untilMs - serverNowMs));
  switch (finding.kind) {
    case 'connecting':
      return t('verdict.connecting');
    case 'lost':
      return t(finding.isCrowded ? 'verdict.crowded' : 'verdict.lost', {
        time: format.time(finding.sinceMs),
      });
    case 'draining':
      return t('verdict.draining');
    case 'breaker_open': {
      const { upstream, untilMs } = finding;
      const values = {
        upstream,
        reason: reasonText(finding.reason, finding.failures, t),
        also: alsoText(finding, t),
      };
      const isDue = untilMs === undefined || serverNowMs === undefined || untilMs <= serverNowMs;
      if (isDue) return t('verdict.breakerOpenSoon', values);
      return t('verdict.breakerOpen', { ...values, wait: left(untilMs) });
    }
    case 'breaker_forced': {
      const values = { upstream: finding.upstream, wait: left(finding.untilMs) };
      if (finding.state === 'closed') return t('verdict.breakerForcedClosed', values);
      return t('verdict.breakerForcedOpen', { ...values, also: alsoText(finding, t) });
    }
    case 'half_open':
      return t('verdict.halfOpen', { upstream: finding.upstream });
    case 'paused': {
      const { upstream, untilMs } = finding;
      const reason = translateMessage(finding.reason, format.locale);
      const values = { upstream, reason, waiting: format.number(finding.waiting) };
      if (untilMs === undefined) return t('verdict.paused', values);
      return t('verdict.pausedUntil', { ...values, wait: left(untilMs) });
    }
    case 'state_away':
      return t('verdict.stateAway', {
        time: finding.sinceMs === undefined ? '?' : format.time(finding.sinceMs),
      });
    case 'drift':
      return t('verdict.drift', { nodes: format.number(finding.nodes) });
    case 'ledger':
      return t('verdict.ledger', {
        time: finding.sinceMs === undefined ? '?' : format.time(finding.sinceMs),
      });
    case 'failing': {
      const percent = format.percent(finding.share);
      if (finding.code === undefined) return t('verdict.failingPlain', { percent });
      return t('verdict.failing', { percent, code: `\`${finding.code}\`` });
    }
    case 'waiting': {
      const { upstream, limit, drainMs } = finding;
      const waiting = format.number(finding.waiting);
      if (limit === null) {
        return t('verdict.queueing', { upstream, waiting, limit: format.number(finding.concurrency) });
      }
      if (drainMs === null)
        return t('verdict.pacingUnknown', { upstream, waiting, limit: limitText(limit, t, format) });
      return t('verdict.pacing', {
        upstream,
        waiting,
        limit: limitText(limit, t, format),
        drain: format.duration(roundUp(drainMs)),
      });
    }
    case 'flowing':
      return t('verdict.flowing', {
        rate: format.number(finding.perSec, { maximumFractionDigits: finding.perSec < 10 ? 1 : 0 }),
      });
    case 'idle':
      return t('verdict.idle');
  }
}

/** Why a breaker opened, as part of a sentence. */
export function reasonText(reason: string | null, failures: number, t: TFunction<'common'>): string {
  if (reason === 'consecutive') return t('verdict.reason.consecutive', { count: failures });
  const known = REASONS.find((one) => one === reason);
  return t(`verdict.reason.${known ?? 'unknown'}`);
}

const REASONS = ['failure_rate', 'slow_calls', 'probe_failed', 'probe_timeout'] as const;

function alsoText({ cached }: { readonly cached: boolean }, t: TFunction<'common'>): string {
  return cached ? t('verdict.alsoCached') : '';
}

/** `1 per 1s` is how a file says it; people say `1 per second`. */
export function limitText(
  limit: Omit<LimitStatus, 'used' | 'left' | 'limit'>,
  t: TFunction<'common'>,
  format: Format,
): string {
  const { count, window_ms: windowMs, even } = limit;
  const named = namedWindow(windowMs);
  const shown = format.number(count);
  const plain =
    named === undefined
      ? t('limit.window', { calls: shown, window: format.duration(windowMs) })
      : t(`limit.${named}`, { calls: shown });
  return even ? t('limit.even', { limit: plain }) : plain;
}

/** Whole seconds, never less than what is left: a countdown that says 0 s has ended. */
function roundUp(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000) * 1_000);
}
