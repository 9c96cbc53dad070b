import { useQuery } from '@tanstack/react-query';
import { FlaskConical } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { ask } from '../../api/client.ts';
import { ApiError, describeError } from '../../api/problem.ts';
import { useRoutes } from '../../api/routes.ts';
import { useSession } from '../../api/session.ts';
import type { RuleVerdict } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Field } from '../../ui/field.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { TextInput } from '../../ui/text-input.tsx';
import { adminCurl } from './admin-curl.ts';
import {
  isComplete,
  METHODS,
  questionOf,
  searchOfTest,
  type TestForm,
  testFormOf,
} from './rule-test-question.ts';
import { TesterVerdict } from './tester-verdict.tsx';

const EXAMPLE = { method: 'GET', path: '/ml/items/1', ip: '127.0.0.1' };
/** Names and addresses: no spelling to correct, nothing to remember. */
const PLAIN = { autoComplete: 'off', spellCheck: false, className: 'font-mono' } as const;
const FIELDS: readonly string[] = ['path', 'ip', 'client_id', 'method'];

/** Asks which rule would decide about a request. Nothing is sent and nothing counted. */
export function TesterTab() {
  const { t, i18n } = useTranslation('access');
  const { t: tError } = useTranslation('errors');
  const session = useSession();
  const [search, setSearch] = usePageSearch();
  const [form, setForm] = useState(() => testFormOf(search));
  const [asked, setAsked] = useState<TestForm | undefined>(() => (isComplete(form) ? form : undefined));
  const routes = useRoutes();
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['rules', 'test', asked],
    queryFn: ({ signal }) =>
      ask<RuleVerdict>('/rules/test', {
        method: 'POST',
        body: questionOf(asked ?? form),
        signal,
      }),
    enabled: asked !== undefined,
    staleTime: 0,
    gcTime: 0,
  });
  const told =
    error === null ? [] : describeError(error, tError, i18n.resolvedLanguage ?? i18n.language).errors;
  const problemAt = (field: string) => told.find((one) => one.field === field)?.message;
  const isShown =
    error instanceof ApiError && told.length > 0 && told.every(({ field }) => FIELDS.includes(field));
  const isHidden = maskNumbers(form.path) !== form.path || maskClient(form.client) !== form.client;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSearch(searchOfTest(form));
    // The same question again is a question about things as they are now.
    if (asked !== undefined && JSON.stringify(asked) === JSON.stringify(form)) void refetch();
    else setAsked(form);
  };

  return (
    <div className="grid items-start gap-4 lg:grid-cols-[22rem_minmax(0,1fr)]">
      <Card title={t('tester.title')}>
        <form noValidate onSubmit={submit} className="flex flex-col gap-4">
          <p className="text-muted text-sm">{t('tester.explain')}</p>
          <Field label={t('tester.method')} error={problemAt('method')}>
            <Select
              value={form.method}
              onChange={(method) => setForm({ ...form, method })}
              options={METHODS.map((value) => ({ value, label: value }))}
            />
          </Field>
          <Field label={t('tester.path')} hint={t('tester.pathHint')} error={problemAt('path')}>
            {(input) => (
              <>
                <TextInput
                  {...PLAIN}
                  {...input}
                  value={form.path}
                  onChange={(path) => setForm({ ...form, path })}
                  placeholder="/ml/items/1"
                  list="access-tester-paths"
                />
                <datalist id="access-tester-paths">
                  {routes.data?.map(({ path }) => (
                    <option key={path} value={path.replace(/\*$/, '')} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
          <Field label={t('tester.ip')} error={problemAt('ip')}>
            <TextInput {...PLAIN} value={form.ip} onChange={(ip) => setForm({ ...form, ip })} />
          </Field>
          <Field label={t('tester.client')} hint={t('tester.clientHint')} error={problemAt('client_id')}>
            <TextInput
              {...PLAIN}
              value={form.client}
              onChange={(client) => setForm({ ...form, client })}
              maxLength={256}
            />
          </Field>
          {isHidden && <p className="text-muted text-sm">{t('tester.notShared')}</p>}
          <Button type="submit" variant="primary" icon={FlaskConical} busy={isFetching}>
            {t('tester.submit')}
          </Button>
        </form>
      </Card>
      <Card title={t('tester.result')}>
        {asked === undefined ? (
          <EmptyState
            icon={FlaskConical}
            title={t('tester.emptyTitle')}
            curl={adminCurl(session, '/rules/test', EXAMPLE)}
          >
            {t('tester.emptyExplain')}
          </EmptyState>
        ) : error !== null ? (
          isShown ? (
            <p className="text-muted">{t('tester.seeFields')}</p>
          ) : (
            <ProblemNotice error={error} onRetry={() => void refetch()} />
          )
        ) : data === undefined ? (
          <Skeleton lines={5} />
        ) : (
          <TesterVerdict verdict={data} />
        )}
      </Card>
    </div>
  );
}
