import { CircleMinus, Ghost, type LucideIcon, Trophy } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { MatchingRule, RuleVerdict } from '../../api/types.ts';
import { maskNumbers } from '../../clients/tax-id.ts';
import { useFormat } from '../../i18n/format.ts';
import { translateMessage } from '../../i18n/server-messages.ts';
import { Badge } from '../../ui/badge.tsx';
import { cx } from '../../ui/class-names.ts';
import { Notice } from '../../ui/notice.tsx';
import type { Tone } from '../../ui/tone.ts';
import { RuleLink } from './rule-link.tsx';
import { sentenceOf } from './rule-test-question.ts';

/** Who decides, what the request would be told, and why the others do not decide. */
export function TesterVerdict({ verdict }: { verdict: RuleVerdict }) {
  const { t } = useTranslation('access');
  const format = useFormat();
  const { key, tone, rule, waitMs, left, most } = sentenceOf(verdict);
  const { shadow, other_readings: readings, rules, rules_omitted: omitted } = verdict;
  return (
    <div className="flex flex-col gap-4">
      <Notice
        tone={tone}
        title={t(`verdict.${key}`, {
          rule: maskNumbers(rule),
          wait: waitMs === undefined ? '?' : format.duration(waitMs),
          left: format.number(left ?? 0),
          most: format.number(most ?? 0),
        })}
      >
        {t('verdict.path')} <code className="break-all font-mono">{maskNumbers(verdict.path)}</code>
      </Notice>
      {shadow !== null && (
        <Notice tone="info">{t('verdict.shadow', { rule: maskNumbers(shadow.rule) })}</Notice>
      )}
      {readings.length > 0 && (
        <Notice tone="warn" title={t('verdict.readings')}>
          <ul className="list-disc pl-5">
            {readings.map((reading) => (
              <li key={reading} className="break-all font-mono">
                {maskNumbers(reading)}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {rules.length > 0 && (
        <section className="flex flex-col gap-2">
          <h3 className="font-semibold text-sm">
            {verdict.deny_list === null ? t('verdict.matching') : t('verdict.matchingWithout')}
          </h3>
          <ol className="divide-y divide-line rounded-md border border-line">
            {rules.map((one) => (
              <MatchingRow key={one.id} rule={one} />
            ))}
          </ol>
          {omitted > 0 && (
            <p className="text-muted text-sm">
              {t('verdict.omitted', { count: omitted, shown: format.number(omitted) })}
            </p>
          )}
        </section>
      )}
    </div>
  );
}

const OUTCOME: Readonly<Record<MatchingRule['outcome'], { readonly tone: Tone; readonly icon: LucideIcon }>> =
  {
    wins: { tone: 'ok', icon: Trophy },
    shadow: { tone: 'info', icon: Ghost },
    loses: { tone: 'neutral', icon: CircleMinus },
  };

function MatchingRow({ rule: { id, outcome, reason } }: { rule: MatchingRule }) {
  const { t, i18n } = useTranslation('access');
  const { tone, icon } = OUTCOME[outcome];
  return (
    <li
      className={cx('flex flex-wrap items-baseline gap-x-3 gap-y-1 p-3', outcome === 'loses' && 'text-muted')}
    >
      <Badge tone={tone} icon={icon}>
        {t(`outcome.${outcome}`)}
      </Badge>
      <RuleLink id={id} />
      <span className="min-w-0 flex-1 basis-60 text-sm">
        {translateMessage(maskNumbers(reason), i18n.resolvedLanguage ?? i18n.language)}
      </span>
    </li>
  );
}
