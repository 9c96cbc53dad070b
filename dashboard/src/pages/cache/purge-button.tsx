import { useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import { useMayAct } from '../../api/session.ts';
import type { CacheStats } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showToast } from '../../ui/toaster.tsx';

/** Forgets the stored answers of one route, or of all when none is named. */
export function PurgeButton({ stats, route }: { stats: CacheStats; route?: string }) {
  const { t } = useTranslation('cache');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const mayAct = useMayAct();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const purge = async () => {
    const { purged } = await ask<{ readonly purged: number }>('/cache', {
      method: 'DELETE',
      query: { route },
    });
    void queries.invalidateQueries({ queryKey: ['cache'] });
    showToast({ tone: 'ok', title: t('purge.done', { count: purged, shown: format.number(purged) }) });
  };
  return (
    <>
      <Button
        size="sm"
        icon={Trash2}
        disabled={!mayAct || stats.entries === 0}
        title={!mayAct ? tCommon('viewerOnly') : stats.entries === 0 ? t('purge.empty') : undefined}
        aria-label={route === undefined ? undefined : t('purge.routeLabel', { route })}
        onClick={() => setOpen(true)}
      >
        {route === undefined ? t('purge.all') : <span className="max-sm:sr-only">{t('purge.route')}</span>}
      </Button>
      <ConfirmDialog
        open={isOpen}
        onOpenChange={setOpen}
        title={route === undefined ? t('purge.titleAll') : t('purge.titleRoute', { route })}
        confirmLabel={route === undefined ? t('purge.all') : t('purge.route')}
        tone="danger"
        {...(route === undefined ? { typeToConfirm: t('purge.word') } : {})}
        onConfirm={purge}
      >
        <div data-testid="blast-radius" className="flex flex-col gap-2">
          <p className="font-medium">
            {route === undefined
              ? t('purge.radiusAll', {
                  count: stats.entries,
                  shown: format.number(stats.entries),
                  bytes: format.bytes(stats.bytes),
                })
              : stats.routes.length === 1
                ? t('purge.radiusOnly', { count: stats.entries, shown: format.number(stats.entries) })
                : t('purge.radiusRoute', { count: stats.entries, shown: format.number(stats.entries) })}
          </p>
          <p>{t('purge.explain')}</p>
        </div>
      </ConfirmDialog>
    </>
  );
}
