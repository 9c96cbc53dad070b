import { SlidersHorizontal, X } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRoutes } from '../../api/routes.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { TypedFilter } from '../../clients/typed-filter.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/class-names.ts';
import { Select } from '../../ui/select.tsx';
import { CACHE_RESULTS, FILTER_NAMES, type FilterName, OUTCOMES, type TailFilters } from './tail-filters.ts';

const STATUSES = ['2xx', '3xx', '4xx', '5xx', '403', '404', '429', '499', '502', '503', '504'];
const SLOWER_THAN_MS = [100, 500, 1_000, 5_000, 10_000, 30_000];

interface FilterBarProps {
  readonly filters: TailFilters;
  /** An empty text takes the filter away. */
  readonly onChange: (name: FilterName, value: string) => void;
  readonly onReset: () => void;
}

/** What is shown and what is not. Every choice stands in the address. */
export function FilterBar({ filters, onChange, onReset }: FilterBarProps) {
  const { t } = useTranslation('requests');
  const format = useFormat();
  const [isOpen, setIsOpen] = useState(false);
  const upstreams = useLive()?.upstreams.map(({ name }) => name) ?? [];
  const routes = useRoutes();
  const byText = useCallback((value: string) => onChange('text', value), [onChange]);
  const byClient = useCallback((value: string) => onChange('client', value), [onChange]);
  const choice = (name: FilterName, values: readonly string[], labelOf: (value: string) => string) => {
    const chosen = filters[name]?.toString() ?? '';
    const all = chosen === '' || values.includes(chosen) ? values : [...values, chosen];
    return (
      <Select
        value={chosen}
        onChange={(value) => onChange(name, value)}
        label={t(`filter.${name}`)}
        options={[
          { value: '', label: t(`any.${name as AnyName}`) },
          ...all.map((value) => ({ value, label: labelOf(value) })),
        ]}
      />
    );
  };
  const set = FILTER_NAMES.filter((name) => filters[name] !== undefined);
  return (
    <div className="flex flex-col gap-2">
      <Button
        className="self-start sm:hidden"
        icon={SlidersHorizontal}
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        {set.length === 0 ? t('filter.button') : t('filter.buttonSet', { shown: format.number(set.length) })}
      </Button>
      <div
        className={cx('grid-cols-1 gap-2 sm:grid sm:grid-cols-2 lg:grid-cols-4', isOpen ? 'grid' : 'hidden')}
      >
        <TypedFilter
          value={filters.text ?? ''}
          label={t('filter.text')}
          placeholder={t('placeholder.text')}
          mask={maskNumbers}
          onCommit={byText}
        />
        <TypedFilter
          value={filters.client ?? ''}
          label={t('filter.client')}
          placeholder={t('placeholder.client')}
          mask={maskClient}
          onCommit={byClient}
        />
        {choice('route', routes.data?.map(({ path }) => path) ?? [], (value) => value)}
        {choice('upstream', upstreams, (value) => value)}
        {choice('outcome', OUTCOMES, (value) => t(`outcome.${value as (typeof OUTCOMES)[number]}`))}
        {choice('status', STATUSES, (value) => value)}
        {choice('cache', CACHE_RESULTS, (value) => t(`cache.${value as (typeof CACHE_RESULTS)[number]}`))}
        {choice('min_ms', SLOWER_THAN_MS.map(String), (value) =>
          t('atLeast', { duration: format.duration(Number(value)) }),
        )}
      </div>
      {set.length > 0 && <FilterChips filters={filters} set={set} onChange={onChange} onReset={onReset} />}
    </div>
  );
}

type AnyName = 'route' | 'upstream' | 'outcome' | 'status' | 'cache' | 'min_ms';

function FilterChips(props: FilterBarProps & { readonly set: readonly FilterName[] }) {
  const { filters, set, onChange, onReset } = props;
  const { t } = useTranslation('requests');
  const format = useFormat();
  const textOf = (name: FilterName): string => {
    if (name === 'outcome' && filters.outcome !== undefined) return t(`outcome.${filters.outcome}`);
    if (name === 'cache' && filters.cache !== undefined) return t(`cache.${filters.cache}`);
    if (name === 'min_ms') return t('atLeast', { duration: format.duration(filters.min_ms ?? 0) });
    return String(filters[name]);
  };
  return (
    <ul aria-label={t('filter.active')} className="flex flex-wrap items-center gap-2">
      {set.map((name) => (
        <li key={name} className="max-w-full">
          <button
            type="button"
            onClick={() => onChange(name, '')}
            className="inline-flex min-h-8 max-w-full items-center gap-1.5 rounded-full border border-line-strong bg-surface px-3 text-sm hover:bg-sunken"
          >
            <span className="text-muted">{t(`filter.${name}`)}</span>
            <span className="truncate font-medium">{textOf(name)}</span>
            <X aria-hidden="true" className="size-3.5 shrink-0" />
            <span className="sr-only">{t('filter.remove')}</span>
          </button>
        </li>
      ))}
      <li>
        <Button size="sm" variant="quiet" onClick={onReset}>
          {t('filter.reset')}
        </Button>
      </li>
    </ul>
  );
}
