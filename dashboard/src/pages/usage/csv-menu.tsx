import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { download, type Query } from '../../api/client.ts';
import type { UsageBucket } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { showToast } from '../../ui/toaster.tsx';
import { useErrorToast } from '../../ui/use-error-toast.ts';

/** The question that the table asks, without its bound on rows, as a file. */
export function CsvMenu({ query, bucket }: { query: Query; bucket: UsageBucket }) {
  const { t } = useTranslation('usage');
  const tellError = useErrorToast();
  const save = useMutation({
    mutationFn: (asked: Query) =>
      download('/usage', 'comporta-usage.csv', { query: { ...asked, format: 'csv' } }),
    onSuccess: () => showToast({ tone: 'ok', title: t('csv.done') }),
    onError: tellError,
  });
  return (
    <Menu
      trigger={
        <Button size="sm" icon={Download} busy={save.isPending}>
          {t('csv.button')}
        </Button>
      }
      items={[
        { id: 'groups', label: t('csv.groups'), onSelect: () => save.mutate(query) },
        { id: 'series', label: t(`csv.series.${bucket}`), onSelect: () => save.mutate({ ...query, bucket }) },
      ]}
    />
  );
}
