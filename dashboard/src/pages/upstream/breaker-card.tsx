import { useTranslation } from 'react-i18next';
import type { UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { reasonText } from '../../live/verdict-text.ts';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { KeyValue, type KeyValueItem } from '../../ui/key-value.tsx';
import { Notice } from '../../ui/notice.tsx';
import { BreakerActions } from './breaker-actions.tsx';
import { BreakerDiagram } from './breaker-diagram.tsx';
import { BreakerHistory } from './breaker-history.tsx';
import { type BreakerPath, breakerPath, type OpeningRule, opensAfter } from './breaker-path.ts';
import { countedLabel, countedText, shareText } from './breaker-words.ts';
import { Countdown, Since } from './countdown.tsx';

type BreakerStatus = NonNullable<UpstreamStatus['breaker']>;

/** The circuit breaker: where it stands and why, what comes next, what it did, and a hand on it. */
export function BreakerCard({ detail, status }: { detail: UpstreamDetail; status: UpstreamStatus }) {
  const { t } = useTranslation('upstream');
  const { breaker } = status;
  const settings = detail.settings.breaker;
  if (settings === null || breaker === null) return <NoBreaker name={detail.name} />;
  const path = breakerPath(settings, breaker);
  return (
    <Card title={t('breaker.title')} actions={<BreakerActions status={status} />}>
      <div className="flex flex-col gap-4">
        <BreakerDiagram path={path} />
        {breaker.forced && breaker.until !== null && (
          <Notice tone="warn">
            {t(breaker.state === 'open' ? 'breaker.isForcedOpen' : 'breaker.isForcedClosed')}{' '}
            <strong>
              <Countdown until={breaker.until} />
            </strong>
          </Notice>
        )}
        <Facts path={path} breaker={breaker} />
        <BreakerHistory name={status.name} failures={opensAfter(path) ?? 0} />
      </div>
    </Card>
  );
}

function Facts({ path, breaker }: { path: BreakerPath; breaker: BreakerStatus }) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const items: KeyValueItem[] = [];
  if (breaker.reason !== null) {
    items.push({
      label: t('breaker.why'),
      value: reasonText(breaker.reason, breaker.consecutive_failures, tCommon),
    });
  }
  if (breaker.since !== null) {
    items.push({
      label: t('breaker.since'),
      value: (
        <>
          {format.time(breaker.since)} (<Since at={breaker.since} />)
        </>
      ),
    });
  }
  if (breaker.state === 'open' && !breaker.forced && breaker.until !== null) {
    items.push({ label: t('breaker.nextProbe'), value: <Countdown until={breaker.until} /> });
  }
  // Elsewhere nothing is counted. While it is open, the windows still hold what opened it.
  if (!breaker.forced && breaker.state !== 'half_open') {
    for (const rule of path.rules) {
      const counted = breaker.state === 'closed' || rule.kind !== 'consecutive';
      if (counted && countedText(rule, t, format) !== undefined) {
        items.push({
          label: countedLabel(rule, t, format),
          value: <Counted rule={rule} isClosed={breaker.state === 'closed'} />,
        });
      }
    }
  }
  return items.length === 0 ? null : <KeyValue items={items} />;
}

/** What a rule has counted, and while the breaker is closed how far that is from opening it. */
function Counted({ rule, isClosed }: { rule: OpeningRule; isClosed: boolean }) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  const share = isClosed ? shareText(rule, t, format) : undefined;
  return (
    <span className="live-number">
      {countedText(rule, t, format)}
      {share !== undefined && <span className="text-muted"> ({share})</span>}
    </span>
  );
}

function NoBreaker({ name }: { name: string }) {
  const { t } = useTranslation('upstream');
  const example = `upstreams:\n  ${name}:\n    breaker:\n      consecutive: 5\n      open_for: 30s\n      probes: 1`;
  return (
    <Card title={t('breaker.title')}>
      <p className="font-semibold">{t('breaker.none')}</p>
      <p className="mt-1 mb-3 text-muted">{t('breaker.noneExplain')}</p>
      <CodeBlock code={example} label="comporta.yaml" />
    </Card>
  );
}
