import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Select } from '../../ui/select.tsx';
import { Switch } from '../../ui/switch.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import type { RuleField, RuleForm } from './rule-form.ts';

const ACTIONS = ['throttle', 'deny', 'allow'] as const;
const WHO = ['any', 'address', 'id'] as const;
const ALGORITHMS = ['sliding_window', 'token_bucket', 'fixed_window'] as const;
const ENFORCEMENTS = ['exact', 'eventual'] as const;

/** Names and patterns: no spelling to correct, nothing to remember. */
const PLAIN = { autoComplete: 'off', spellCheck: false, className: 'font-mono' } as const;

interface RuleFieldsProps {
  readonly form: RuleForm;
  readonly isNew: boolean;
  /** To be looked at only. */
  readonly isFixed: boolean;
  /** Gets the focus when a new rule is made. */
  readonly idInput: Ref<HTMLInputElement>;
  readonly problemAt: (field: RuleField) => string | undefined;
  readonly onChange: (change: Partial<RuleForm>) => void;
}

/** Every field of a rule. Those that the action does not take are not shown. */
export function RuleFields({ form, isNew, isFixed, idInput, problemAt, onChange }: RuleFieldsProps) {
  const { t } = useTranslation('access');
  const takesLimit = form.action !== 'allow';
  return (
    <fieldset disabled={isFixed} className="flex min-w-0 flex-col gap-4">
      <legend className="sr-only">{t('editor.legend')}</legend>
      <Field label={t('field.id')} {...(isNew ? { hint: t('hint.id') } : {})} error={problemAt('id')}>
        <TextInput
          {...PLAIN}
          ref={idInput}
          value={form.id}
          onChange={(id) => onChange({ id })}
          readOnly={!isNew}
          maxLength={64}
          placeholder="slow-items"
        />
      </Field>
      <div className="flex flex-col gap-1">
        <span className="font-medium text-sm">{t('field.action')}</span>
        <Segmented
          label={t('field.action')}
          value={form.action}
          onChange={(action) => onChange({ action })}
          options={ACTIONS.map((value) => ({ value, label: t(`action.${value}`) }))}
          disabled={isFixed}
        />
        <p className="text-muted text-sm">{t(`actionHint.${form.action}`)}</p>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('field.who')}>
          <Select
            value={form.who}
            onChange={(who) => onChange({ who })}
            options={WHO.map((value) => ({ value, label: t(`who.${value}`) }))}
          />
        </Field>
        {form.who !== 'any' && (
          <Field
            label={form.who === 'id' ? t('field.clientId') : t('field.address')}
            error={problemAt('client')}
          >
            <TextInput
              {...PLAIN}
              value={form.client}
              onChange={(client) => onChange({ client })}
              maxLength={300}
              placeholder={form.who === 'id' ? 'team-a' : '10.0.0.0/8'}
            />
          </Field>
        )}
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t('field.path')} hint={t('hint.path')} error={problemAt('path')}>
          <TextInput
            {...PLAIN}
            value={form.path}
            onChange={(path) => onChange({ path })}
            maxLength={2_048}
            placeholder="*"
          />
        </Field>
        <Field label={t('field.methods')} hint={t('hint.methods')} error={problemAt('methods')}>
          <TextInput
            {...PLAIN}
            value={form.methods}
            onChange={(methods) => onChange({ methods })}
            placeholder="*"
          />
        </Field>
      </div>
      {takesLimit && (
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label={form.action === 'deny' ? t('field.limitOptional') : t('field.limit')}
            hint={t('hint.limit')}
            error={problemAt('limit')}
          >
            <TextInput
              {...PLAIN}
              value={form.limit}
              onChange={(limit) => onChange({ limit })}
              placeholder="5 per 1m"
            />
          </Field>
          <Field label={t('field.blockFor')} hint={t('hint.blockFor')} error={problemAt('block_for')}>
            <TextInput
              {...PLAIN}
              value={form.blockFor}
              onChange={(blockFor) => onChange({ blockFor })}
              placeholder="10m"
            />
          </Field>
          <Field label={t('field.algorithm')}>
            <Select
              value={form.algorithm}
              onChange={(algorithm) => onChange({ algorithm })}
              options={ALGORITHMS.map((value) => ({ value, label: t(`algorithm.${value}`) }))}
            />
          </Field>
          <Field label={t('field.enforce')}>
            <Select
              value={form.enforce}
              onChange={(enforce) => onChange({ enforce })}
              options={ENFORCEMENTS.map((value) => ({ value, label: t(`enforce.${value}`) }))}
            />
          </Field>
        </div>
      )}
      <div className="flex flex-col gap-2">
        <Switch
          checked={form.enabled}
          onChange={(enabled) => onChange({ enabled })}
          label={t('field.enabled')}
          disabled={isFixed}
        />
        <Switch
          checked={form.shadow}
          onChange={(shadow) => onChange({ shadow })}
          label={t('field.shadow')}
          disabled={isFixed}
        />
      </div>
      <Field label={t('field.note')} error={problemAt('note')}>
        <TextInput value={form.note} onChange={(note) => onChange({ note })} maxLength={1_000} />
      </Field>
    </fieldset>
  );
}
