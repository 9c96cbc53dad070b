import { ArrowDown, ArrowRight, CornerLeftUp, LockKeyhole } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { cx } from '../../ui/class-names.ts';
import type { BreakerPath, BreakerPlace } from './breaker-path.ts';
import { durationText, ruleText } from './breaker-words.ts';

const LOOK: Readonly<Record<BreakerPlace, string>> = {
  closed: 'border-ok bg-ok-soft text-ok',
  open: 'border-bad bg-bad-soft text-bad',
  half_open: 'border-warn bg-warn-soft text-warn',
};

/** The states of a breaker and what leads from one to the next, as a picture; its text alternative says it all. */
export function BreakerDiagram({ path }: { path: BreakerPath }) {
  const { t } = useTranslation('upstream');
  const labels = useBreakerLabels(path);
  const text = t('breaker.diagram', {
    ...labels,
    opens: labels.opens.join(t('breaker.or')),
    current: t(`breaker.state.${path.current}`),
    forced: path.forced ? t('breaker.forcedNote') : '',
  });
  const rules = labels.opens.map((rule, index) => (
    <span key={rule} className="block">
      {index > 0 && <span className="text-muted">{t('breaker.or')}</span>}
      {rule}
    </span>
  ));
  const node = (place: BreakerPlace) => <Node place={place} path={path} />;
  return (
    <div
      role="img"
      aria-label={text}
      className="@container"
      data-testid="breaker-diagram"
      data-state={path.current}
    >
      <div
        className={cx(
          '@xl:grid hidden items-stretch',
          // A share takes more words than failures in a row.
          path.rules.some(({ kind }) => kind !== 'consecutive')
            ? 'grid-cols-[auto_minmax(0,2fr)_auto_minmax(0,1fr)_auto]'
            : 'grid-cols-[auto_1fr_auto_1fr_auto]',
        )}
      >
        <div className="col-span-2" />
        <Bow className="col-span-3 mr-15 ml-15 border-t" arrow="left-bottom">
          {labels.fails}
        </Bow>
        {node('closed')}
        <Straight>{rules}</Straight>
        {node('open')}
        <Straight>{labels.waits}</Straight>
        {node('half_open')}
        <Bow className="col-span-5 mr-15 ml-15 border-b" arrow="left-top">
          {labels.succeeds}
        </Bow>
      </div>
      <div className="flex @xl:hidden flex-col items-start">
        {node('closed')}
        <Down>{rules}</Down>
        {node('open')}
        <Down>{labels.waits}</Down>
        {node('half_open')}
        <Back>
          {labels.succeeds} → {t('breaker.state.closed')}
        </Back>
        <Back>
          {labels.fails} → {t('breaker.state.open')}
        </Back>
      </div>
    </div>
  );
}

/** What the arrows say: the thresholds in force. */
function useBreakerLabels({ rules, openForMs, probes, probeLimitMs }: BreakerPath) {
  const { t } = useTranslation('upstream');
  const format = useFormat();
  return {
    opens: rules.map((rule) => ruleText(rule, t, format)),
    waits: t('breaker.after', { time: durationText(openForMs, format) }),
    succeeds: t('breaker.probesSucceed', { count: probes }),
    fails: t('breaker.probeFails', { time: durationText(probeLimitMs, format) }),
  };
}

function Node({ place, path }: { place: BreakerPlace; path: BreakerPath }) {
  const { t } = useTranslation('upstream');
  const isCurrent = path.current === place;
  return (
    <div
      className={cx(
        'flex min-h-14 w-30 flex-col items-center justify-center rounded-lg border-2 px-2 py-1 text-center leading-tight',
        isCurrent ? `live-number font-semibold ${LOOK[place]}` : 'border-line bg-surface text-muted',
      )}
    >
      <span>{t(`breaker.state.${place}`)}</span>
      {isCurrent && (
        <span className="flex items-center gap-1 font-normal text-xs">
          {path.forced && <LockKeyhole aria-hidden size={12} />}
          {t(path.forced ? 'breaker.forced' : 'breaker.now')}
        </span>
      )}
    </div>
  );
}

function Straight({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col items-center justify-center px-1">
      <span className="text-balance px-1 text-center text-sm leading-tight">{children}</span>
      <span className="relative h-3 w-full">
        <span className="absolute inset-x-0 top-1/2 border-line-strong border-t" />
        <ArrowRight size={14} className="absolute top-1/2 -right-1 -translate-y-1/2 text-line-strong" />
      </span>
    </div>
  );
}

/** A line back, above or below the states. */
function Bow({
  children,
  className,
  arrow,
}: {
  children: ReactNode;
  className: string;
  arrow: 'left-top' | 'left-bottom';
}) {
  const isTop = arrow === 'left-bottom';
  return (
    <div
      className={cx(
        'relative mx-1 flex min-h-9 justify-center rounded-sm border-line-strong border-x px-2',
        isTop ? 'items-start pt-1 pb-2' : 'items-end pt-2 pb-1',
        className,
      )}
    >
      <span className="text-balance text-center text-sm leading-tight">{children}</span>
      <ArrowDown
        size={14}
        className={cx('absolute -left-[7.5px] text-line-strong', isTop ? '-bottom-1' : '-top-1 rotate-180')}
      />
    </div>
  );
}

function Down({ children }: { children: ReactNode }) {
  return (
    <span className="flex min-h-9 items-center gap-2 py-1 pl-13 text-sm leading-tight">
      <ArrowDown size={16} className="shrink-0 text-line-strong" />
      <span className="min-w-0">{children}</span>
    </span>
  );
}

function Back({ children }: { children: ReactNode }) {
  return (
    <span className="flex min-h-8 items-center gap-2 py-1 pl-13 text-sm leading-tight">
      <CornerLeftUp size={16} className="shrink-0 text-line-strong" />
      <span className="min-w-0">{children}</span>
    </span>
  );
}
