import { useTranslation } from 'react-i18next';
import type { WaitingRequest } from '../../api/types.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { useUpstreamChange } from './use-upstream-now.ts';

/** Refuses one who waits. */
export function RemoveDialog({
  name,
  row,
  onClose,
}: {
  name: string;
  row: WaitingRequest;
  onClose: () => void;
}) {
  const { t } = useTranslation('upstream');
  const change = useUpstreamChange(name);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('remove.title')}
      confirmLabel={t('remove.submit')}
      tone="danger"
      onConfirm={() =>
        change(`/queue/${encodeURIComponent(row.id)}`, { method: 'DELETE' }).then(() =>
          showToast({ tone: 'ok', title: t('remove.done') }),
        )
      }
    >
      <p>{t('remove.explain', { client: row.client })}</p>
      <code className="break-all font-mono">{row.id}</code>
    </ConfirmDialog>
  );
}
