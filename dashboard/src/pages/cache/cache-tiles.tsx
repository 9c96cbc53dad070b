import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CacheStats } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { hitRatioBySecond } from '../../live/last-minute.ts';
import { secondGrid } from '../../live/second-grid.ts';
import { useLive } from '../../live/use-live.ts';
import { Stat } from '../../ui/stat.tsx';
import { cacheUse } from './cache-use.ts';

/** The ratio now and since the start, and how full the store is. */
export function CacheTiles({ stats }: { stats: CacheStats }) {
  const { t } = useTranslation('cache');
  const format = useFormat();
  const live = useLive();
  const samples = live?.samples;
  const spark = useMemo(() => hitRatioBySecond(secondGrid(samples ?? [])), [samples]);
  const now = live?.state.minute.cache_hit_ratio ?? null;
  const { asked, answered } = cacheUse(stats);
  const store = live?.state.cache ?? { ...stats, max_bytes: null };
  return (
    <section aria-label={t('tile.label')} className="grid grid-cols-2 gap-2 sm:gap-3 lg:grid-cols-4">
      <Stat
        label={t('tile.now')}
        value={now === null ? '–' : format.percent(now)}
        hint={now === null ? t('tile.nowNone') : t('tile.nowHint')}
        spark={spark}
      />
      <Stat
        label={t('tile.ever')}
        value={asked === 0 ? '–' : format.percent(answered / asked)}
        hint={t('tile.everHint', {
          answered: format.number(answered),
          asked: format.number(asked),
        })}
      />
      <Stat
        label={t('tile.stored')}
        value={format.number(store.entries)}
        hint={
          store.max_bytes === null
            ? format.bytes(store.bytes)
            : t('tile.storedHint', {
                bytes: format.bytes(store.bytes),
                most: format.bytes(store.max_bytes),
              })
        }
      >
        {store.max_bytes !== null && <Fill share={store.bytes / store.max_bytes} />}
      </Stat>
      <Stat
        label={t('tile.evictions')}
        value={format.number(store.evictions)}
        hint={t(store.evictions === 0 ? 'tile.evictionsNone' : 'tile.evictionsHint')}
      />
    </section>
  );
}

/** How much of the room is taken. A store that is full is at work, not in trouble. */
function Fill({ share }: { share: number }) {
  const { t } = useTranslation('cache');
  const format = useFormat();
  const part = Math.min(1, Math.max(0, share));
  return (
    <div className="mt-auto pt-2">
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw a <meter> in colours of their own */}
      <div
        role="meter"
        aria-label={t('tile.fill')}
        aria-valuenow={Math.round(part * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={format.percent(part)}
        className="h-2.5 overflow-hidden rounded border border-line bg-sunken"
      >
        <div className="h-full rounded bg-chart-cached" style={{ width: `${part * 100}%` }} />
      </div>
      <p className="live-number mt-1 text-muted text-xs">{format.percent(part)}</p>
    </div>
  );
}
