import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { QueueHolders } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { useHolders, useHoldersText } from './use-holders.ts';
import { useUpstreamChange } from './use-upstream-now.ts';

/** From so many on, the name of the upstream has to be typed. */
const TYPED_ABOVE = 10;

/** Refuses everybody who waits, after it was said how many they are. */
export function ClearQueueButton({ name, waiting }: { name: string; waiting: number }) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  /** How many waited when the dialog was opened; undefined: it is not. */
  const [opened, setOpened] = useState<number>();
  return (
    <>
      <Button
        size="sm"
        icon={Trash2}
        disabled={!mayAct || waiting === 0}
        title={mayAct ? undefined : tCommon('viewerOnly')}
        onClick={() => setOpened(waiting)}
      >
        {t('clear.button')}
      </Button>
      {opened !== undefined && (
        <ClearDialog name={name} waiting={opened} onClose={() => setOpened(undefined)} />
      )}
    </>
  );
}

function ClearDialog({ name, waiting, onClose }: { name: string; waiting: number; onClose: () => void }) {
  const { t } = useTranslation('upstream');
  const change = useUpstreamChange(name);
  const text = useHoldersText();
  const { data, error, refetch } = useHolders(name);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('clear.title', { name })}
      confirmLabel={t('clear.submit')}
      tone="danger"
      {...(waiting > TYPED_ABOVE ? { typeToConfirm: name } : {})}
      onConfirm={() =>
        change<QueueHolders>('/queue', { method: 'DELETE' }).then((cleared) =>
          showToast({ tone: 'ok', title: t('clear.done', { holders: text(cleared) }) }),
        )
      }
    >
      <div data-testid="blast-radius" className="flex flex-col gap-2">
        {data === undefined && error === null && <Skeleton />}
        {data !== undefined && <p className="font-medium">{t('clear.radius', { holders: text(data) })}</p>}
        <ProblemNotice error={error} onRetry={() => void refetch()} />
        <p>{t('clear.explain')}</p>
      </div>
    </ConfirmDialog>
  );
}
