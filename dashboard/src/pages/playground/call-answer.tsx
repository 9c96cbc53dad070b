import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { StackBar } from '../../charts/stack-bar.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useCodeText } from '../../i18n/use-code-text.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Notice } from '../../ui/notice.tsx';
import type { Answer } from './call-life.ts';
import { shownBody } from './shown-body.ts';
import { statusTone } from './status-tone.ts';
import { waterfallOf } from './waterfall.ts';

/** Everything that came back. */
export function CallAnswer({ answer, wasSent }: { answer: Answer; wasSent: boolean }) {
  const { t } = useTranslation('playground');
  const format = useFormat();
  const codeText = useCodeText();
  const body = useMemo(() => shownBody(answer.body), [answer.body]);
  const { queueMs, gatewayMs, upstreamMs, totalMs } = waterfallOf(answer);
  const explained = answer.status >= 400 && body.code !== undefined ? codeText(body.code) : undefined;
  const headers = answer.headers.map(([name, value], index) => ({ key: index, name, value }));
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {explained !== undefined && (
        <Notice tone={statusTone(answer.status)} title={body.code}>
          {explained}
        </Notice>
      )}
      {!wasSent && <p className="text-muted text-sm">{t('answer.withoutUpstream')}</p>}
      <section>
        <h4 className="mb-1 font-medium text-sm">{t('answer.timing')}</h4>
        <StackBar
          label={t('answer.timing')}
          total={totalMs}
          format={(ms) => format.duration(ms)}
          parts={[
            { label: t('answer.queue'), value: queueMs, color: '--chart-queue' },
            { label: t('answer.gateway'), value: gatewayMs, color: '--chart-gateway' },
            { label: t('answer.upstream'), value: upstreamMs, color: '--chart-upstream' },
          ]}
        />
      </section>
      {answer.cache !== null && (
        <p className="text-sm">
          <span className="font-medium">Cache-Status</span>{' '}
          <code className="break-all font-mono">{answer.cache}</code>
        </p>
      )}
      <section>
        <CodeBlock
          code={body.text}
          label={t(body.isJson ? 'answer.json' : 'answer.body', { size: format.bytes(answer.body_bytes) })}
        />
        {answer.body_cut && <p className="mt-1 text-muted text-sm">{t('answer.cut')}</p>}
      </section>
      <details>
        <summary className="min-h-6 w-fit cursor-pointer font-medium text-sm">
          {t('answer.headers', { count: headers.length })}
        </summary>
        <DataTable
          className="mt-2 max-h-80"
          caption={t('answer.headersCaption')}
          rows={headers}
          rowKey={({ key }) => key}
          columns={[
            {
              id: 'name',
              header: t('answer.headerName'),
              cell: ({ name }) => <span className="font-mono">{name}</span>,
            },
            { id: 'value', header: t('answer.headerValue'), cell: (row) => <HeaderValue {...row} /> },
          ]}
        />
      </details>
    </div>
  );
}

function HeaderValue({ name, value }: { name: string; value: string }) {
  if (name.toLowerCase() === 'x-request-id') return <RequestLink requestId={value} />;
  return <span className="break-all font-mono">{value}</span>;
}

/** To what the gateway recorded of it. */
export function RequestLink({ requestId }: { requestId: string }) {
  return (
    <Link
      to="/requests"
      search={{ text: requestId }}
      className="break-all font-mono text-accent underline underline-offset-2"
    >
      {requestId}
    </Link>
  );
}
