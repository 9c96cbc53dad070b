import { Send } from 'lucide-react';
import { type FormEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct, useSession } from '../../api/session.ts';
import type { RouteView } from '../../api/types.ts';
import { useFieldErrors } from '../../api/use-field-errors.ts';
import { exampleCpf } from '../../calls/cpf.ts';
import { inputParams, takesBody } from '../../calls/route-choice.ts';
import { RouteFields } from '../../calls/route-fields.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Field } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Select } from '../../ui/select.tsx';
import { TextArea } from '../../ui/text-area.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { MOST_UNDER_WAY } from './call-list.ts';
import { curlOf, shownTarget } from './curl.ts';
import { HeaderRows } from './header-rows.tsx';
import { EMPTY_FORM, playgroundRequest, type RequestForm } from './request-form.ts';
import { callList, useCalls } from './use-calls.ts';

const URGENCIES = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

export interface RequestCardProps {
  routes: readonly RouteView[];
  route: RouteView;
  method: string;
  onChoose: (path: string, method: string | undefined) => void;
}

/** What is to be sent. Every "Send" is a request of its own; nobody has to wait for the one before. */
export function RequestCard({ routes, route, method, onChoose }: RequestCardProps) {
  const { t } = useTranslation('playground');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  const session = useSession();
  const calls = useCalls();
  const [form, setForm] = useState<RequestForm>(() => ({ ...EMPTY_FORM, params: examples(routes) }));
  const [fresh, setFresh] = useState(false);
  const change = (part: Partial<RequestForm>) => setForm((old) => ({ ...old, ...part }));

  const request = useMemo(() => playgroundRequest(route, method, form), [route, method, form]);
  const curl = useMemo(
    () => curlOf(session?.data_plane ?? '', route, request),
    [session?.data_plane, route, request],
  );
  const last = calls[0]?.life.end;
  const errors = useFieldErrors(last?.kind === 'refused' ? last.error : undefined);
  const underWay = calls.filter(({ life }) => life.end === undefined).length;
  const isFull = underWay >= MOST_UNDER_WAY;
  const cpfNames = route.params.filter(({ pattern }) => pattern === 'cpf').map(({ name }) => name);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!mayAct || isFull) return;
    void callList.start(request, { target: shownTarget(route, request), curl });
    if (fresh) {
      const renewed = Object.fromEntries(cpfNames.map((name) => [name, exampleCpf()]));
      change({ params: { ...form.params, ...renewed } });
    }
  };

  return (
    <Card title={t('formTitle')}>
      <form onSubmit={submit} className="flex flex-col gap-4" autoComplete="off">
        <RouteFields
          routes={routes}
          route={route}
          method={method}
          onChoose={onChoose}
          params={inputParams(route)}
          form={form}
          onChange={change}
          errors={errors}
        />
        {cpfNames.length > 0 && <Checkbox checked={fresh} onChange={setFresh} label={t('freshCpf')} />}
        <Field
          label={t('client')}
          hint={t(route.client_required ? 'clientRequired' : 'clientHint')}
          error={errors.client}
        >
          <TextInput
            value={form.client}
            onChange={(client) => change({ client })}
            maxLength={256}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
          />
        </Field>
        <Field label={t('priority')} hint={t('priorityHint')} error={errors.priority}>
          <Select
            value={form.priority}
            onChange={(priority) => change({ priority })}
            options={[
              { value: '', label: t('fifo', { urgency: route.urgency }) },
              ...URGENCIES.map((value) => ({
                value,
                label: value === '0' ? t('mostUrgent') : value === '7' ? t('leastUrgent') : value,
              })),
            ]}
          />
        </Field>
        {takesBody(route, method) && (
          <Field label={t('requestBody')} error={errors.body}>
            <TextArea
              value={form.body}
              onChange={(body) => change({ body })}
              spellCheck={false}
              autoComplete="off"
              className="font-mono text-sm"
            />
          </Field>
        )}
        <HeaderRows rows={form.headers} onChange={(headers) => change({ headers })} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" variant="primary" icon={Send} disabled={!mayAct || isFull}>
            {t('send')}
          </Button>
          {session !== undefined && <CopyButton text={curl.real} label={t('copyCurl')} />}
        </div>
        {session !== undefined && !mayAct && <Notice tone="info">{tCommon('viewerOnly')}</Notice>}
        {isFull && <Notice tone="info">{t('full', { count: underWay })}</Notice>}
        {session !== undefined && (
          <div>
            <p className="text-muted text-sm">{t('curlHint')}</p>
            <code
              data-testid="curl"
              className="mt-1 block break-all rounded-md bg-sunken p-2 font-mono text-xs leading-relaxed"
            >
              {curl.shown}
            </code>
          </div>
        )}
      </form>
    </Card>
  );
}

/** So that the first "Send" works: a made-up CPF wherever a route asks for one. */
function examples(routes: readonly RouteView[]): Record<string, string> {
  const wanted = routes
    .flatMap(({ params }) => params)
    .filter(({ pattern, required }) => pattern === 'cpf' && required);
  return Object.fromEntries(wanted.map(({ name }) => [name, exampleCpf()]));
}
