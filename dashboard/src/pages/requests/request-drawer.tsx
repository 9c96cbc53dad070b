import { useQuery } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import type { RequestRecord, RequestTail } from '../../api/types.ts';
import { Drawer } from '../../ui/drawer.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RequestFacts } from './request-facts.tsx';
import { findRow } from './tail.ts';

interface RequestDrawerProps {
  readonly id: string;
  readonly seq: number | undefined;
  /** The row that was clicked; undefined when the page came with an address that names it. */
  readonly clicked: RequestRecord | undefined;
  readonly onClose: () => void;
}

/** Everything about one request that ended. */
export function RequestDrawer({ id, seq, clicked, onClose }: RequestDrawerProps) {
  const { t } = useTranslation('requests');
  const isClicked = clicked?.id === id && clicked.seq === seq;
  const found = useQuery({
    queryKey: ['requests', 'one', id],
    queryFn: ({ signal }) =>
      ask<RequestTail>('/requests', { query: { text: id.slice(0, 300), limit: 200 }, signal }),
    enabled: !isClicked,
  });
  const record = isClicked ? clicked : findRow(found.data?.items ?? [], id, seq);
  return (
    <Drawer
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={t('drawer.title')}
      description={<span className="break-all font-mono text-sm">{id}</span>}
    >
      {record !== undefined ? (
        <RequestFacts record={record} />
      ) : found.isPending ? (
        <Skeleton lines={8} />
      ) : found.error !== null ? (
        <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <EmptyState icon={SearchX} title={t('drawer.goneTitle')}>
          {t('drawer.goneExplain')}
        </EmptyState>
      )}
    </Drawer>
  );
}
