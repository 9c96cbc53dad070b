import { useNavigate } from '@tanstack/react-router';
import { Languages, type LucideIcon, SunMoon } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LANGUAGES } from '../i18n/namespaces.ts';
import { useLive } from '../live/use-live.ts';
import { Dialog } from '../ui/dialog.tsx';
import { switchLanguage } from './language.ts';
import { matching } from './match.ts';
import { PAGES, pagesFor, UPSTREAM_ICON } from './navigation.ts';
import { switchTheme, useTheme } from './theme.ts';

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly icon: LucideIcon;
  run(): void;
}

export interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Every page, upstream and setting by its name. */
export function CommandPalette({ open, onOpenChange }: CommandPaletteProps) {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const listId = useId();
  const entries = useEntries();
  const found = useMemo(() => matching(entries, query, ({ label }) => label), [entries, query]);
  const chosen = found[Math.min(active, found.length - 1)];

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onOpenChange(false);
    entry.run();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setActive((old) => (Math.min(old, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(chosen);
    }
  };

  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('palette.open')} description={t('palette.hint')}>
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={chosen === undefined ? undefined : `${listId}-${chosen.id}`}
        aria-label={t('palette.placeholder')}
        placeholder={t('palette.placeholder')}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        className="min-h-11 w-full rounded-md border border-line-strong bg-page px-3"
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t('palette.open')}
        className="mt-3 max-h-80 overflow-y-auto"
      >
        {found.length === 0 && <p className="p-3 text-muted">{t('palette.empty', { query })}</p>}
        {found.map((entry, index) => {
          const Icon = entry.icon;
          const isFirst = found[index - 1]?.group !== entry.group;
          return (
            <div key={entry.id}>
              {isFirst && (
                <p
                  aria-hidden
                  className="px-3 pt-2 pb-1 font-semibold text-muted text-xs uppercase tracking-wide"
                >
                  {entry.group}
                </p>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the combobox has the keys */}
              <div
                id={`${listId}-${entry.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={entry === chosen}
                onClick={() => run(entry)}
                onMouseMove={() => setActive(index)}
                className="flex min-h-10 cursor-pointer items-center gap-3 rounded-md px-3 aria-selected:bg-accent-soft"
              >
                <Icon size={17} aria-hidden className="text-muted" />
                {entry.label}
              </div>
            </div>
          );
        })}
      </div>
    </Dialog>
  );
}

function useEntries(): readonly Entry[] {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const theme = useTheme();
  const live = useLive();
  const names = live?.upstreams.map(({ name }) => name).join('\n') ?? '';
  const shown = pagesFor(live)
    .map(({ key }) => key)
    .join('\n');
  return useMemo(() => {
    const pages = PAGES.filter(({ key }) => shown.split('\n').includes(key)).map(({ to, key, icon }) => ({
      id: key,
      group: t('palette.pages'),
      label: t(`navigation.${key}`),
      icon,
      run: () => void navigate({ to }),
    }));
    const upstreams = names
      .split('\n')
      .filter(Boolean)
      .map((name) => ({
        id: `upstream-${name}`,
        group: t('palette.upstreams'),
        label: name,
        icon: UPSTREAM_ICON,
        run: () => void navigate({ to: '/upstreams/$name', params: { name } }),
      }));
    const themes = (['light', 'dark'] as const)
      .filter((one) => one !== theme)
      .map((one) => ({
        id: `theme-${one}`,
        group: t('palette.actions'),
        label: t('palette.switchTheme', { theme: t(`theme.${one}`).toLowerCase() }),
        icon: SunMoon,
        run: () => switchTheme(one),
      }));
    const languages = LANGUAGES.filter((language) => language !== i18n.language).map((language) => ({
      id: `language-${language}`,
      group: t('palette.actions'),
      label: t('palette.switchLanguage', { language: t(`language.${language}`) }),
      icon: Languages,
      run: () => void switchLanguage(language),
    }));
    return [...pages, ...upstreams, ...themes, ...languages];
  }, [t, i18n.language, navigate, theme, names, shown]);
}
