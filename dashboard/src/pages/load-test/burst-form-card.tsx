import { ChevronDown, ChevronUp } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RouteView } from '../../api/types.ts';
import {
  BOUNDS,
  type BurstForm,
  burstParams,
  PRESET_IDS,
  type PresetId,
  presetOf,
} from '../../calls/burst-form.ts';
import { takesBody } from '../../calls/route-choice.ts';
import { RouteFields } from '../../calls/route-fields.tsx';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { Field } from '../../ui/field.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { TextArea } from '../../ui/text-area.tsx';
import { TextInput } from '../../ui/text-input.tsx';

export interface BurstFormCardProps {
  routes: readonly RouteView[];
  route: RouteView;
  method: string;
  onChoose: (path: string, method: string | undefined) => void;
  form: BurstForm;
  onChange: (part: Partial<BurstForm>) => void;
  onPreset: (id: PresetId) => void;
  /** By field of the API. */
  errors: Readonly<Record<string, string>>;
  children: React.ReactNode;
}

const ADVANCED_FIELDS = ['concurrency', 'priority_mix', 'rate', 'client', 'same', 'body'];

/** What the burst is to be: a preset and a route do; the rest is for those who want to know exactly. */
export function BurstFormCard(props: BurstFormCardProps) {
  const { routes, route, method, onChoose, form, onChange, onPreset, errors, children } = props;
  const { t } = useTranslation('loadTest');
  const format = useFormat();
  const [wanted, setWanted] = useState(false);
  const advancedId = useId();
  const preset = presetOf(form);
  const isWrong = ADVANCED_FIELDS.some((field) => errors[field] !== undefined);
  const isOpen = wanted || isWrong;
  const presets = PRESET_IDS.map((id) => ({
    value: id as PresetId | 'own',
    label: t(`preset.${id}`),
    title: t(`presetHint.${id}`),
  }));
  return (
    <Card title={t('formTitle')}>
      <div className="flex flex-col gap-4">
        <div>
          <Segmented
            label={t('presets')}
            value={preset ?? 'own'}
            onChange={(id) => {
              if (id === 'own') setWanted(true);
              else onPreset(id);
            }}
            options={preset === undefined ? [...presets, { value: 'own', label: t('preset.own') }] : presets}
          />
          <p className="mt-1 text-muted text-sm">
            {t(preset === undefined ? 'presetHint.own' : `presetHint.${preset}`)}
          </p>
        </div>
        <RouteFields
          routes={routes}
          route={route}
          method={method}
          onChoose={onChoose}
          params={burstParams(route)}
          form={form}
          onChange={onChange}
          errors={errors}
        />
        <Field
          label={t('count')}
          hint={t('bound', { most: format.number(BOUNDS.count) })}
          error={errors.count}
        >
          <NumberInput value={form.count} onChange={(count) => onChange({ count })} min={1} step={1} />
        </Field>
        <Button
          variant="quiet"
          size="sm"
          className="self-start"
          icon={isOpen ? ChevronUp : ChevronDown}
          aria-expanded={isOpen}
          aria-controls={advancedId}
          onClick={() => setWanted(!isOpen)}
        >
          {t('advanced')}
        </Button>
        <div id={advancedId} hidden={!isOpen} className="flex flex-col gap-4">
          <Field
            label={t('concurrency')}
            hint={t('concurrencyHint', { most: format.number(BOUNDS.concurrency) })}
            error={errors.concurrency}
          >
            <NumberInput
              value={form.concurrency}
              onChange={(concurrency) => onChange({ concurrency })}
              min={1}
              step={1}
            />
          </Field>
          <Field label={t('rate')} hint={t('rateHint')} error={errors.rate}>
            <TextInput
              value={form.rate}
              onChange={(rate) => onChange({ rate })}
              placeholder="2 per 1s"
              spellCheck={false}
              autoComplete="off"
            />
          </Field>
          <Field label={t('mix')} hint={t('mixHint')} error={errors.priority_mix}>
            <TextInput
              value={form.mix}
              onChange={(mix) => onChange({ mix })}
              placeholder="10%:0,20%:5"
              spellCheck={false}
              autoComplete="off"
            />
          </Field>
          <Field label={t('client')} hint={t('clientHint')} error={errors.client}>
            <TextInput
              value={form.client}
              onChange={(client) => onChange({ client })}
              maxLength={256}
              spellCheck={false}
              autoComplete="off"
            />
          </Field>
          <div>
            <Checkbox checked={form.same} onChange={(same) => onChange({ same })} label={t('same')} />
            <p className="text-muted text-sm">{t('sameHint')}</p>
          </div>
          {takesBody(route, method) && (
            <Field label={t('body')} error={errors.body}>
              <TextArea
                value={form.body}
                onChange={(body) => onChange({ body })}
                spellCheck={false}
                className="font-mono text-sm"
              />
            </Field>
          )}
        </div>
        {children}
      </div>
    </Card>
  );
}
