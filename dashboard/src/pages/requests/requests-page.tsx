import { Pause, Play } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import type { RequestRecord } from '../../api/types.ts';
import { useLive } from '../../live/use-live.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RequestDrawer } from './request-drawer.tsx';
import { type FilterName, filtersOf, searchOf } from './tail-filters.ts';
import { TailList } from './tail-list.tsx';

/** The requests that ended last, one by one, as they end. */
export function RequestsPage() {
  const { t } = useTranslation('requests');
  const [search, setSearch] = usePageSearch();
  const [paused, setPaused] = useState(false);
  const [clicked, setClicked] = useState<RequestRecord>();
  const boot = useLive()?.boot;
  const filters = filtersOf(search);
  const { id } = search;
  const seq = /^\d{1,15}$/.test(search.seq ?? '') ? Number(search.seq) : undefined;
  const change = useCallback(
    (name: FilterName, value: string) => setSearch({ [name]: value === '' ? undefined : value }),
    [setSearch],
  );
  return (
    <Page
      title={t('title')}
      subtitle={t('subtitle')}
      actions={
        <Button icon={paused ? Play : Pause} onClick={() => setPaused(!paused)}>
          {paused ? t('resume') : t('pause')}
        </Button>
      }
    >
      <Card>
        <div className="flex flex-col gap-3">
          <FilterBar filters={filters} onChange={change} onReset={() => setSearch(searchOf({}))} />
          <TailList
            key={JSON.stringify([boot, filters])}
            filters={filters}
            boot={boot}
            paused={paused}
            openSeq={id === undefined ? undefined : (seq ?? -1)}
            onOpen={(row) => {
              setClicked(row);
              setSearch({ id: row.id, seq: String(row.seq) });
            }}
          />
        </div>
      </Card>
      {id !== undefined && (
        <RequestDrawer
          id={id}
          seq={seq}
          clicked={clicked}
          onClose={() => setSearch({ id: undefined, seq: undefined })}
        />
      )}
    </Page>
  );
}
