import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { Page, Rule, RuleImport } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { Field } from '../../ui/field.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { TextArea } from '../../ui/text-area.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { importComplaint, importTypeOf, MOST_IMPORT_BYTES } from './rule-import-text.ts';
import { scrollIntoView } from './scroll-into-view.ts';

const MODES = ['merge', 'replace'] as const;

const EXAMPLE = `rules:
  - id: slow-items
    client: 10.0.0.0/8
    path: /ml/items/*
    limit: 5 per 1m`;

/** Adds or replaces many rules at once: all of them, or, with one bad rule, none. */
export function RuleImportDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [mode, setMode] = useState<(typeof MODES)[number]>('merge');
  const [isTried, setIsTried] = useState(false);
  const [isTooLarge, setIsTooLarge] = useState(false);
  const [isConfirming, setIsConfirming] = useState(false);
  const own = useQuery({
    queryKey: ['rules', 'count'],
    queryFn: ({ signal }) => ask<Page<Rule>>('/rules', { query: { source: 'api', limit: 1 }, signal }),
  });
  const send = useMutation({
    mutationFn: () =>
      ask<RuleImport>('/rules/import', {
        method: 'POST',
        query: { mode },
        text: { type: importTypeOf(text), content: text },
      }),
    onSuccess: async ({ created, updated, unchanged, deleted }) => {
      const detail = t('import.counts', {
        created: format.number(created),
        updated: format.number(updated),
        unchanged: format.number(unchanged),
        deleted: format.number(deleted),
      });
      toast({ tone: 'ok', title: t('import.done'), detail });
      await client.invalidateQueries({ queryKey: ['rules'] });
      onClose();
    },
  });
  const complaint = isTooLarge ? 'tooLarge' : isTried ? importComplaint(text) : undefined;

  const readFile = async (file: File | undefined) => {
    if (file === undefined) return;
    send.reset();
    setIsTooLarge(file.size > MOST_IMPORT_BYTES);
    if (file.size <= MOST_IMPORT_BYTES) setText(await file.text());
  };
  const start = () => {
    setIsTried(true);
    if (isTooLarge || importComplaint(text) !== undefined) return;
    if (mode === 'replace') setIsConfirming(true);
    else send.mutate();
  };
  const total = own.data === undefined ? '?' : format.number(own.data.total);

  return (
    <Drawer
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('import.title')}
      description={t('import.explain')}
      footer={
        <>
          <Button onClick={onClose}>{tCommon('cancel')}</Button>
          <Button variant={mode === 'replace' ? 'danger' : 'primary'} busy={send.isPending} onClick={start}>
            {t('import.submit')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-col gap-1">
          <Segmented
            label={t('import.mode')}
            value={mode}
            onChange={setMode}
            options={MODES.map((value) => ({ value, label: t(`import.modes.${value}`) }))}
          />
          <p className="text-muted text-sm">
            {mode === 'merge' ? t('import.mergeHint') : t('import.replaceHint', { total })}
          </p>
        </div>
        <Field label={t('import.file')}>
          {(input) => (
            <input
              {...input}
              type="file"
              accept=".yaml,.yml,.json,application/json,application/yaml"
              onChange={(event) => void readFile(event.target.files?.[0])}
              className="min-h-10 w-full text-sm file:mr-3 file:min-h-10 file:cursor-pointer file:rounded-md file:border file:border-line-strong file:bg-surface file:px-3 file:text-text"
            />
          )}
        </Field>
        <Field
          label={t('import.text')}
          hint={t('import.hint')}
          error={complaint === undefined ? undefined : t(`import.${complaint}`)}
        >
          <TextArea
            value={text}
            onChange={(next) => {
              send.reset();
              setIsTooLarge(false);
              setText(next);
            }}
            rows={14}
            spellCheck={false}
            placeholder={EXAMPLE}
            className="font-mono text-sm"
          />
        </Field>
        {send.error !== null && (
          <div ref={scrollIntoView}>
            <ProblemNotice error={send.error} />
          </div>
        )}
      </div>
      <ConfirmDialog
        open={isConfirming}
        onOpenChange={setIsConfirming}
        title={t('import.confirmTitle')}
        confirmLabel={t('import.submit')}
        tone="danger"
        typeToConfirm="replace"
        onConfirm={async () => send.mutate()}
      >
        <p>{t('import.replaceHint', { total })}</p>
      </ConfirmDialog>
    </Drawer>
  );
}
