import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { ask } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';
import type { Burst, RouteView } from '../../api/types.ts';
import { useFieldErrors } from '../../api/use-field-errors.ts';
import { type BurstForm, burstRequest, namedPreset, presetOf, withPreset } from '../../calls/burst-form.ts';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { BurstFormCard } from './burst-form-card.tsx';
import { BurstStart } from './burst-start.tsx';
import { ForecastPanel } from './forecast-panel.tsx';
import { useBurstList, useForecast } from './use-bursts.ts';

export interface NewBurstProps {
  routes: readonly RouteView[];
  route: RouteView;
  method: string;
  onChoose: (path: string, method: string | undefined) => void;
}

/** The form, its forecast, and the start. */
export function NewBurst({ routes, route, method, onChoose }: NewBurstProps) {
  const { t } = useTranslation('loadTest');
  const [search, changeSearch] = usePageSearch();
  const client = useQueryClient();
  const toast = useToast();
  const [form, setForm] = useState(() => withPreset(namedPreset(search.preset)));
  const [confirm, setConfirm] = useState('');
  useNamedPreset(search.preset, setForm);

  const request = burstRequest(route, method, form);
  const last = useBurstList().data?.items[0];
  const running = last?.status === 'running' ? last : undefined;
  const forecast = useForecast(request, last);
  const start = useMutation({
    mutationFn: () =>
      ask<Burst>('/bursts', {
        method: 'POST',
        body: { ...request, ...(confirm === '' ? {} : { confirm: confirm.trim() }) },
      }),
    onSuccess: ({ id }) => {
      changeSearch({ burst: id });
      setConfirm('');
      toast({ tone: 'ok', title: t('started') });
    },
    // Also after a refusal: the reason may be a burst that this page does not know of yet.
    onSettled: () => client.invalidateQueries({ queryKey: ['bursts', 'list'] }),
  });
  const forecastErrors = useFieldErrors(forecast.error);
  const startErrors = useFieldErrors(start.error);
  const errors = { ...startErrors, ...forecastErrors };

  const change = (part: Partial<BurstForm>) => {
    const next = { ...form, ...part };
    setForm(next);
    start.reset();
    changeSearch({ preset: presetOf(next) });
  };
  const isConflict = start.error instanceof ApiError && start.error.code === 'conflict';

  return (
    <BurstFormCard
      routes={routes}
      route={route}
      method={method}
      onChoose={(path, chosen) => {
        setConfirm('');
        start.reset();
        onChoose(path, chosen);
      }}
      form={form}
      onChange={change}
      onPreset={(id) => change(withPreset(id, form))}
      errors={errors}
    >
      {Object.keys(errors).length === 0 && (
        <ProblemNotice error={forecast.error} onRetry={() => void forecast.refetch()} />
      )}
      {request !== undefined && forecast.error === null && running === undefined && (
        <ForecastPanel
          forecast={forecast.data}
          request={request}
          old={!forecast.settled || forecast.isPlaceholderData}
        />
      )}
      {!(isConflict && running !== undefined) && Object.keys(startErrors).length === 0 && (
        <ProblemNotice error={start.error} />
      )}
      <BurstStart
        forecast={
          request !== undefined && forecast.error === null && forecast.settled && !forecast.isPlaceholderData
            ? forecast.data
            : undefined
        }
        confirm={confirm}
        onConfirm={setConfirm}
        confirmError={startErrors.confirm}
        running={running}
        busy={start.isPending}
        onStart={() => start.mutate()}
      />
    </BurstFormCard>
  );
}

/** A link to this page with another preset sets the form anew. */
function useNamedPreset(
  preset: string | undefined,
  setForm: (next: (old: BurstForm) => BurstForm) => void,
): void {
  const last = useRef(preset);
  useEffect(() => {
    if (preset === last.current) return;
    last.current = preset;
    if (preset !== undefined) setForm((old) => withPreset(namedPreset(preset), old));
  }, [preset, setForm]);
}
