import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { download } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useErrorToast } from '../../ui/use-error-toast.ts';

interface ExportChoice {
  readonly format: 'json' | 'yaml';
  /** Rules of the configuration file too. */
  readonly all: boolean;
}

const CHOICES: readonly ExportChoice[] = [
  { format: 'yaml', all: false },
  { format: 'json', all: false },
  { format: 'yaml', all: true },
  { format: 'json', all: true },
];

/** Saves the rules as a file that the import takes. */
export function ExportMenu() {
  const { t } = useTranslation('access');
  const tellError = useErrorToast();
  const save = useMutation({
    mutationFn: ({ format, all }: ExportChoice) =>
      download('/rules/export', `comporta-rules.${format}`, { query: { format, all } }),
    onError: tellError,
  });
  return (
    <Menu
      trigger={
        <Button icon={Download} busy={save.isPending}>
          {t('export.button')}
        </Button>
      }
      items={CHOICES.map((choice) => ({
        id: `${choice.format} ${choice.all}`,
        label: t(choice.all ? 'export.all' : 'export.own', { format: choice.format.toUpperCase() }),
        onSelect: () => save.mutate(choice),
      }))}
    />
  );
}
