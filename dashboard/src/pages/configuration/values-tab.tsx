import { useQuery } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Search } from '../../address/page-search.ts';
import { ask } from '../../api/client.ts';
import type { ConfigEntry } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { SearchInput } from '../../ui/search-input.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ORIGINS } from './config-entry.ts';
import { ConfigRow } from './config-row.tsx';
import { type ConfigFilter, matches, prefixesOf, readFilter, sectionsOf, TOP } from './config-sections.ts';

/** Rows in the document at first, and with every "show more". */
const ROWS_A_STEP = 200;

export interface ValuesTabProps {
  search: Search;
  onChange: (change: Search) => void;
}

/** Every value in force, by section. */
export function ValuesTab({ search, onChange }: ValuesTabProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['config'],
    queryFn: ({ signal }) => ask<{ readonly items: readonly ConfigEntry[] }>('/config', { signal }),
    refetchInterval: 30_000,
  });
  const filter = readFilter(search);
  if (error !== null && data === undefined) {
    return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  }
  if (data === undefined) {
    return (
      <Card>
        <Skeleton lines={10} />
      </Card>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      <FilterRow entries={data.items} filter={filter} search={search} onChange={onChange} />
      <Sections entries={data.items} filter={filter} onChange={onChange} />
    </div>
  );
}

interface FilterRowProps extends ValuesTabProps {
  entries: readonly ConfigEntry[];
  filter: ConfigFilter;
}

function FilterRow({ entries, filter, search, onChange }: FilterRowProps) {
  const { t } = useTranslation('configuration');
  const prefixes = useMemo(() => prefixesOf(entries), [entries]);
  return (
    <div className="flex flex-wrap gap-3">
      <SearchInput
        label={t('filter.search')}
        value={search.q ?? ''}
        onChange={(q) => onChange({ q: q === '' ? undefined : q })}
        className="flex-1 basis-60"
      />
      <Select<ConfigFilter['origin']>
        label={t('filter.origin')}
        value={filter.origin}
        onChange={(origin) => onChange({ origin: origin === 'any' ? undefined : origin })}
        options={[
          { value: 'any', label: t('filter.anyOrigin') },
          { value: 'set', label: t('filter.set') },
          ...ORIGINS.map((origin) => ({ value: origin, label: t(`origin.${origin}`) })),
        ]}
        className="flex-1 basis-40 sm:max-w-56"
      />
      <Select<string>
        label={t('filter.prefix')}
        value={filter.prefix}
        onChange={(prefix) => onChange({ prefix: prefix === '' ? undefined : prefix })}
        options={[
          { value: '', label: t('filter.anyPrefix') },
          ...prefixes.map((prefix) => ({ value: prefix, label: prefix })),
          ...(filter.prefix === '' || prefixes.includes(filter.prefix)
            ? []
            : [{ value: filter.prefix, label: filter.prefix }]),
        ]}
        className="flex-1 basis-40 sm:max-w-56"
      />
    </div>
  );
}

function Sections({ entries, filter, onChange }: Omit<FilterRowProps, 'search'>) {
  const { t } = useTranslation('configuration');
  const { t: tCommon } = useTranslation();
  const format = useFormat();
  const [most, setMost] = useState(ROWS_A_STEP);
  const found = entries.filter((entry) => matches(entry, filter));
  if (found.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={SearchX}
          title={t('filter.nothing')}
          action={
            <Button onClick={() => onChange({ q: undefined, origin: undefined, prefix: undefined })}>
              {tCommon('clear')}
            </Button>
          }
        />
      </Card>
    );
  }
  return (
    <>
      <p role="status" className="text-muted text-sm">
        {t('filter.count', {
          count: entries.length,
          found: format.number(found.length),
          all: format.number(entries.length),
        })}
      </p>
      {sectionsOf(found.slice(0, most)).map(({ name, entries: inside }) => (
        <Card key={name} title={name === TOP ? t('topSection') : <code className="font-mono">{name}</code>}>
          <ul className="divide-y divide-line">
            {inside.map((entry) => (
              <ConfigRow key={entry.path} entry={entry} />
            ))}
          </ul>
        </Card>
      ))}
      {found.length > most && (
        <Button className="self-center" onClick={() => setMost(most + ROWS_A_STEP)}>
          {tCommon('showMore')}
        </Button>
      )}
    </>
  );
}
