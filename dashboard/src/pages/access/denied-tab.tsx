import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ShieldOff, Unlock } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { ask } from '../../api/client.ts';
import { useMayAct, useSession } from '../../api/session.ts';
import type { DeniedClient, Page } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { useFormat } from '../../i18n/format.ts';
import { useServerNow } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { adminCurl } from './admin-curl.ts';
import { Pager } from './pager.tsx';
import { RuleLink } from './rule-link.tsx';

const REFRESH_MS = 2_000;
const DENIED_A_PAGE = 100;
const EXAMPLE = { id: 'strict-items', path: '/ml/items/*', limit: '5 per 1m', block_for: '10m' };

/** Clients that exceeded a rule with `block_for`, the first to be free first. */
export function DeniedTab() {
  const { t } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const mayAct = useMayAct();
  const session = useSession();
  const [search, setSearch] = usePageSearch();
  const [lifting, setLifting] = useState<DeniedClient>();
  const offset = /^\d{1,7}$/.test(search.offset ?? '') ? Number(search.offset) : 0;
  const { data, error, refetch } = useQuery({
    queryKey: ['denied', offset],
    queryFn: ({ signal }) =>
      ask<Page<DeniedClient>>('/denied', { query: { offset, limit: DENIED_A_PAGE }, signal }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const columns: Column<DeniedClient>[] = [
    {
      id: 'client',
      header: t('denied.client'),
      cell: ({ client, rule }) => (
        <div className="min-w-24">
          <span className="break-all font-mono text-sm">{maskClient(client)}</span>
          <span className="block sm:hidden">
            <RuleLink id={rule} />
          </span>
        </div>
      ),
    },
    {
      id: 'rule',
      hideOnPhone: true,
      header: t('denied.reason'),
      cell: ({ rule }) => <RuleLink id={rule} />,
    },
    {
      id: 'until',
      header: t('denied.until'),
      cell: ({ until }) => (
        <>
          <TimeLeft until={until} />
          <span className="hidden text-muted text-sm sm:block">{format.dateTime(until)}</span>
        </>
      ),
    },
    {
      id: 'refused',
      hideOnPhone: true,
      header: t('denied.refused'),
      align: 'end',
      cell: ({ refused }) => format.number(refused),
    },
    {
      id: 'lift',
      header: <span className="sr-only">{t('column.menu')}</span>,
      align: 'end',
      cell: (one) => (
        <Button
          size="sm"
          icon={Unlock}
          disabled={!mayAct}
          title={mayAct ? undefined : tCommon('viewerOnly')}
          onClick={() => setLifting(one)}
        >
          {t('denied.lift')}
        </Button>
      ),
    },
  ];
  return (
    <Card>
      <div className="flex flex-col gap-3">
        <p className="max-w-3xl text-muted text-sm">{t('denied.explain')}</p>
        <ProblemNotice error={error} onRetry={() => void refetch()} />
        {data === undefined ? (
          error === null && <Skeleton lines={4} />
        ) : data.total === 0 ? (
          <EmptyState
            icon={ShieldOff}
            title={t('denied.emptyTitle')}
            curl={adminCurl(session, '/rules', EXAMPLE)}
          >
            {t('denied.emptyExplain')}
          </EmptyState>
        ) : (
          <>
            <DataTable
              caption={t('denied.caption')}
              columns={columns}
              rows={data.items}
              rowKey={({ client }) => client}
              className="max-h-[max(20rem,calc(100dvh-27rem))]"
            />
            <Pager
              offset={data.offset}
              limit={DENIED_A_PAGE}
              total={data.total}
              onOffset={(next) => setSearch({ offset: next === 0 ? undefined : String(next) })}
            />
          </>
        )}
      </div>
      {lifting !== undefined && <LiftDialog denied={lifting} onClose={() => setLifting(undefined)} />}
    </Card>
  );
}

/** Whole seconds until a moment of the server's clock, rounded up. */
function TimeLeft({ until }: { until: string }) {
  const { t } = useTranslation('access');
  const format = useFormat();
  const now = useServerNow(500);
  const leftMs = now === undefined ? Number.NaN : Date.parse(until) - now;
  if (Number.isNaN(leftMs)) return <>?</>;
  const shown = format.duration(Math.max(0, Math.ceil(leftMs / 1_000) * 1_000));
  return <span className="live-number">{t('denied.left', { wait: shown })}</span>;
}

function LiftDialog({ denied, onClose }: { denied: DeniedClient; onClose: () => void }) {
  const { t } = useTranslation('access');
  const format = useFormat();
  const toast = useToast();
  const client = useQueryClient();
  const name = maskClient(denied.client);
  const lift = useMutation({
    mutationFn: () => ask(`/denied/${encodeURIComponent(denied.client)}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['denied'] }),
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('denied.liftTitle', { client: name })}
      confirmLabel={t('denied.lift')}
      onConfirm={async () => {
        await lift.mutateAsync();
        toast({ tone: 'ok', title: t('denied.lifted', { client: name }) });
      }}
    >
      <p>
        {t('denied.liftEffect', {
          count: denied.refused,
          shown: format.number(denied.refused),
          rule: maskNumbers(denied.rule),
        })}
      </p>
    </ConfirmDialog>
  );
}
