import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight, History } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import { ask } from '../../api/client.ts';
import type { AuditEntry, AuditPage } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { AuditDrawer } from './audit-drawer.tsx';
import { AuditTable } from './audit-table.tsx';
import { SubjectFilter } from './subject-filter.tsx';

const ENTRIES_A_PAGE = 50;

export interface AuditTabProps {
  search: Search;
  onChange: (change: Search) => void;
}

/** Who changed what, newest first; the server pages. */
export function AuditTab({ search, onChange }: AuditTabProps) {
  const { t } = useTranslation('configuration');
  const { t: tCommon } = useTranslation();
  const [opened, setOpened] = useState<AuditEntry>();
  // Where the pages before this one began: the API knows only the way to older ones.
  const [trail, setTrail] = useState<readonly (string | undefined)[]>([]);
  const { subject, before } = search;
  const { data, error, refetch } = useQuery({
    queryKey: ['audit', { subject, before }],
    queryFn: ({ signal }) =>
      ask<AuditPage>('/audit', { query: { subject, before, limit: ENTRIES_A_PAGE }, signal }),
    refetchInterval: before === undefined ? 5_000 : false,
    placeholderData: keepPreviousData,
  });
  const filter = (next: string | undefined) => {
    setTrail([]);
    onChange({ subject: next, before: undefined });
  };
  const older = () => {
    if (data?.next_before == null) return;
    setTrail([...trail, before]);
    onChange({ before: String(data.next_before) });
  };
  const newer = () => {
    onChange({ before: trail.at(-1) });
    setTrail(trail.slice(0, -1));
  };
  return (
    <div className="flex flex-col gap-4">
      <SubjectFilter key={subject ?? ''} subject={subject} onFilter={filter} />
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined ? (
        error === null && (
          <Card>
            <Skeleton lines={8} />
          </Card>
        )
      ) : data.items.length === 0 ? (
        <Card>
          <EmptyState
            icon={History}
            title={t(subject === undefined && before === undefined ? 'audit.empty' : 'audit.nothing')}
            action={
              (subject !== undefined || before !== undefined) && (
                <Button onClick={() => filter(undefined)}>{tCommon('clear')}</Button>
              )
            }
          >
            <p>{t('audit.emptyExplain')}</p>
          </EmptyState>
        </Card>
      ) : (
        <Card>
          <AuditTable entries={data.items} onOpen={setOpened} />
          <div className="mt-3 flex flex-wrap items-center justify-between gap-3">
            <p className="text-muted text-sm">{t('audit.kept')}</p>
            <div className="flex gap-2">
              <Button size="sm" icon={ChevronLeft} disabled={before === undefined} onClick={newer}>
                {t(trail.length === 0 ? 'audit.newest' : 'audit.newer')}
              </Button>
              <Button size="sm" icon={ChevronRight} disabled={data.next_before === null} onClick={older}>
                {t('audit.older')}
              </Button>
            </div>
          </div>
        </Card>
      )}
      <AuditDrawer
        entry={opened}
        onClose={() => setOpened(undefined)}
        onFilter={(next) => {
          setOpened(undefined);
          filter(next);
        }}
      />
    </div>
  );
}
