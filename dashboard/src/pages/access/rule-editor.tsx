import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, describeError } from '../../api/problem.ts';
import { useMayAct, useSession } from '../../api/session.ts';
import type { Rule } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Drawer } from '../../ui/drawer.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { RuleFields } from './rule-fields.tsx';
import { bodyOf, complaintsOf, type RuleField, type RuleForm } from './rule-form.ts';
import { scrollIntoView } from './scroll-into-view.ts';
import { useRuleChange } from './use-rules.ts';

/** Fields that show what is wrong with them themselves. */
const SHOWN_FIELDS: readonly string[] = ['id', 'client', 'path', 'methods', 'limit', 'block_for', 'note'];

interface RuleEditorProps {
  readonly title: string;
  readonly initial: RuleForm;
  /** Undefined: a new one. */
  readonly rule: Rule | undefined;
  /** Reads the rule again; undefined for a new one. */
  readonly onReload: (() => void) | undefined;
  readonly onClose: () => void;
}

/** The form of a rule. What the server finds wrong stands at its field. */
export function RuleEditor({ title, initial, rule, onReload, onClose }: RuleEditorProps) {
  const { t, i18n } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const { t: tError } = useTranslation('errors');
  const format = useFormat();
  const toast = useToast();
  const mayAct = useMayAct();
  const isViewer = useSession()?.role === 'viewer';
  const formId = useId();
  const idInput = useRef<HTMLInputElement>(null);
  const [form, setForm] = useState(initial);
  const [tries, setTries] = useState(0);
  const formElement = useRef<HTMLFormElement>(null);
  const { mutate, isPending, error, reset } = useRuleChange();
  const isFixed = rule?.source === 'file' || !mayAct;

  const complaints = tries > 0 ? complaintsOf(form) : {};
  const told =
    error === null ? [] : describeError(error, tError, i18n.resolvedLanguage ?? i18n.language).errors;
  const problemAt = (field: RuleField): string | undefined => {
    const own = complaints[field];
    return own === undefined
      ? told.find((one) => rootOf(one.field) === field)?.message
      : t(`complaint.${own}`);
  };
  const isStale = error instanceof ApiError && error.code === 'precondition_failed';
  const isShown = told.length > 0 && told.every(({ field }) => SHOWN_FIELDS.includes(rootOf(field)));

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt and each answer leads to what is wrong
  useEffect(() => {
    if (tries > 0) formElement.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [tries, error]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTries(tries + 1);
    if (isPending || isFixed || Object.keys(complaintsOf(form)).length > 0) return;
    const body = bodyOf(form, rule);
    mutate(
      { kind: 'save', body, on: rule?.version ?? undefined },
      {
        onSuccess: () => {
          toast({ tone: 'ok', title: t(rule === undefined ? 'created' : 'saved', { id: body.id }) });
          onClose();
        },
      },
    );
  };

  return (
    <Drawer
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={title}
      {...(rule === undefined ? { initialFocus: idInput } : {})}
      footer={
        isFixed ? (
          <Button onClick={onClose}>{tCommon('close')}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{tCommon('cancel')}</Button>
            <Button type="submit" form={formId} variant="primary" busy={isPending}>
              {rule === undefined ? t('editor.create') : tCommon('save')}
            </Button>
          </>
        )
      }
    >
      <form ref={formElement} id={formId} noValidate onSubmit={submit} className="flex flex-col gap-4">
        {rule?.source === 'file' && <Notice tone="info">{t('editor.fileRule')}</Notice>}
        {rule?.source !== 'file' && isViewer && <Notice tone="info">{tCommon('viewerOnly')}</Notice>}
        <RuleFields
          form={form}
          isNew={rule === undefined}
          isFixed={isFixed}
          idInput={idInput}
          problemAt={problemAt}
          onChange={(change) => {
            if (error !== null) reset();
            setForm({ ...form, ...change });
          }}
        />
        {error !== null && !isShown && (
          <div ref={scrollIntoView}>
            {isStale ? (
              <Notice
                tone="warn"
                title={t('editor.staleTitle')}
                action={
                  onReload && (
                    <Button
                      size="sm"
                      onClick={() => {
                        reset();
                        onReload();
                      }}
                    >
                      {t('editor.load')}
                    </Button>
                  )
                }
              >
                {t('editor.staleExplain')}
              </Notice>
            ) : (
              <ProblemNotice error={error} />
            )}
          </div>
        )}
        {rule?.updated_at != null && (
          <p className="text-muted text-sm">
            {t('editor.changed', { time: format.dateTime(rule.updated_at), version: rule.version })}
          </p>
        )}
      </form>
    </Drawer>
  );
}

/** `methods[1]` → `methods`. */
function rootOf(field: string): string {
  return field.replace(/[.[].*$/, '');
}
