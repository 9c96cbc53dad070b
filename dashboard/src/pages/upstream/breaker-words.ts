import type { TFunction } from 'i18next';
import type { Format } from '../../i18n/format.ts';
import { namedWindow } from '../../live/named-window.ts';
import type { OpeningRule } from './breaker-path.ts';

/** What opens a breaker, as it stands over the arrow from closed to open. */
export function ruleText(rule: OpeningRule, t: TFunction<'upstream'>, format: Format): string {
  if (rule.kind === 'consecutive') {
    return t('breaker.opensAfter', { count: rule.failures, shown: format.number(rule.failures) });
  }
  const values = {
    count: rule.minimum,
    share: format.percent(rule.threshold),
    calls: format.number(rule.minimum),
    window: durationText(rule.windowMs, format),
  };
  return rule.kind === 'failure_rate'
    ? t('breaker.opensByFailures', values)
    : t('breaker.opensBySlowness', { ...values, duration: durationText(rule.durationMs, format) });
}

/** Of what `countedText` tells. */
export function countedLabel(rule: OpeningRule, t: TFunction<'upstream'>, format: Format): string {
  if (rule.kind === 'consecutive') return t('breaker.failures');
  return rule.kind === 'failure_rate'
    ? t('breaker.failedCalls')
    : t('breaker.slowerThan', { time: durationText(rule.durationMs, format) });
}

/** What a rule has counted so far, of what opens the breaker. Undefined: it is not told. */
export function countedText(rule: OpeningRule, t: TFunction<'upstream'>, format: Format): string | undefined {
  if (rule.kind === 'consecutive') {
    return t('breaker.failuresOf', { failures: format.number(rule.now), most: format.number(rule.failures) });
  }
  const { counted } = rule;
  if (counted === undefined) return undefined;
  const window = lookedBackText(rule.windowMs, t, format);
  if (counted.calls === 0) return t('breaker.noCalls', { window });
  const values = {
    count: counted.calls,
    hits: format.number(counted.hits),
    calls: format.number(counted.calls),
    window,
  };
  return rule.kind === 'failure_rate' ? t('breaker.failedOf', values) : t('breaker.slowOf', values);
}

/** How far what was counted is from opening a breaker that goes by shares. */
export function shareText(rule: OpeningRule, t: TFunction<'upstream'>, format: Format): string | undefined {
  if (rule.kind === 'consecutive' || rule.counted === undefined) return undefined;
  const { counted, minimum, threshold } = rule;
  if (counted.calls < minimum) return t('breaker.tooFew', { minimum: format.number(minimum) });
  return t('breaker.shareOf', {
    share: format.percent(counted.hits / counted.calls),
    threshold: format.percent(threshold),
  });
}

/** `in the last minute`, `in the last 30 s`. */
function lookedBackText(windowMs: number | undefined, t: TFunction<'upstream'>, format: Format): string {
  const named = namedWindow(windowMs);
  if (named !== undefined) return t(`breaker.window.${named}`);
  const time = durationText(windowMs, format);
  // Hours are of another gender than minutes and seconds where words have one.
  return windowMs !== undefined && windowMs > 3_600_000
    ? t('breaker.window.hours', { time })
    : t('breaker.window.time', { time });
}

export function durationText(ms: number | undefined, format: Format): string {
  return ms === undefined ? '?' : format.duration(ms);
}
