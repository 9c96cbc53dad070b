import { useTranslation } from 'react-i18next';
import type { Rule } from '../../api/types.ts';
import { maskNumbers } from '../../clients/tax-id.ts';
import { useFormat } from '../../i18n/format.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { useRuleChange } from './use-rules.ts';

/** Asks before a rule goes, and says what it does now. */
export function DeleteRuleDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const { t } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const toast = useToast();
  const change = useRuleChange();
  const { version, counters } = rule;
  const id = maskNumbers(rule.id);
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('delete.title', { id })}
      confirmLabel={tCommon('delete')}
      tone="danger"
      onConfirm={async () => {
        if (version === null) return;
        await change.mutateAsync({ kind: 'delete', id: rule.id, on: version });
        toast({ tone: 'ok', title: t('delete.done', { id }) });
      }}
    >
      <p>{t('delete.effect')}</p>
      {counters !== null && (
        <p>
          {t('delete.counters', {
            matched: format.number(counters.matched),
            refused: format.number(counters.refused),
          })}
        </p>
      )}
    </ConfirmDialog>
  );
}
