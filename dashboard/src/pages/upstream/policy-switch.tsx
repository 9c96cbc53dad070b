import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { UpstreamDetail, UpstreamStatus } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { parseDuration } from './duration-choice.ts';
import { useUpstreamChange } from './use-upstream-now.ts';

type Policy = UpstreamStatus['policy'];

const POLICIES = ['fifo', 'priority', 'fair'] as const satisfies readonly Policy[];

/** Who goes first, switched while it runs; asked for a second time when somebody waits. */
export function PolicySwitch({
  status,
  detail,
}: {
  status: UpstreamStatus;
  detail: UpstreamDetail | undefined;
}) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const mayAct = useMayAct();
  const change = useUpstreamChange(status.name);
  const [asked, setAsked] = useState<Policy>();
  const [pending, setPending] = useState<Policy>();
  const [error, setError] = useState<unknown>();
  const { policy, waiting, name } = status;
  const agingMs = detail === undefined ? undefined : parseDuration(detail.settings.queue.aging);
  const aging = agingMs === undefined ? '?' : format.duration(agingMs);

  const apply = async (next: Policy) => {
    setError(undefined);
    setPending(next);
    try {
      await change('', { method: 'PATCH', body: { queue: { policy: next } } });
      showToast({ tone: 'ok', title: t('policy.done', { name, policy: t(`policy.${next}.name`) }) });
    } finally {
      setPending(undefined);
    }
  };
  const choose = (next: Policy) => {
    // Not disabled meanwhile: that would take the focus from whoever uses the arrow keys.
    if (next === policy || pending !== undefined) return;
    if (waiting > 0) setAsked(next);
    else apply(next).catch(setError);
  };

  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Segmented
          label={t('policy.label')}
          value={pending ?? policy}
          onChange={choose}
          disabled={!mayAct}
          options={POLICIES.map((one) => ({
            value: one,
            label: t(`policy.${one}.name`),
            title: mayAct ? t(`policy.${one}.explain`, { aging }) : tCommon('viewerOnly'),
          }))}
        />
        <p className="min-w-0 flex-1 basis-60 text-muted text-sm">
          {t(`policy.${policy}.explain`, { aging })}
        </p>
      </div>
      <ProblemNotice error={error} />
      {asked !== undefined && (
        <ConfirmDialog
          open
          onOpenChange={(open) => {
            if (!open) setAsked(undefined);
          }}
          title={t('policy.title', { policy: t(`policy.${asked}.name`) })}
          confirmLabel={t('policy.submit')}
          onConfirm={() => apply(asked)}
        >
          <p className="font-medium">
            {t('policy.radius', { count: waiting, shown: format.number(waiting) })}
          </p>
          <p>{t(`policy.${asked}.explain`, { aging })}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
