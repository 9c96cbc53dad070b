import { Outlet, useRouterState } from '@tanstack/react-router';
import { Menu as MenuIcon } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLiveView } from '../live/use-live.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { useOnDemand } from '../ui/use-on-demand.ts';
import { Gone, useIsGone } from './gone.tsx';
import { Palette } from './palette.tsx';
import { SideMenu } from './side-menu.tsx';
import { TopBar } from './top-bar.tsx';
import { VerdictBar } from './verdict-bar.tsx';

const loadMenu = () => import('./phone-menu.tsx').then(({ PhoneMenu }) => PhoneMenu);

/** What is around every page: menu, verdict, and whether the numbers are live. */
export function Layout() {
  const { t } = useTranslation();
  const { connection } = useLiveView();
  const [menuOpen, setMenuOpen] = useState(false);
  const [PhoneMenu, wantMenu] = useOnDemand(loadMenu);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const gone = useIsGone();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu and begins at its top
  useEffect(() => {
    setMenuOpen(false);
    main.current?.scrollTo?.(0, 0);
    window.scrollTo(0, 0);
  }, [path]);

  return (
    <div className="flex min-h-dvh" data-stale={connection.kind !== 'live'}>
      {/* A button, because the hash of a link would be taken for a page. */}
      <button
        type="button"
        className="sr-only z-50 rounded bg-accent px-3 py-2 text-accent-text focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        onClick={() => main.current?.focus()}
      >
        {t('navigation.skip')}
      </button>
      <aside className="sticky top-0 hidden h-dvh w-60 shrink-0 overflow-y-auto border-line border-r bg-surface lg:block">
        <SideMenu />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-20 border-line border-b bg-surface">
          <TopBar
            menuButton={
              <IconButton
                icon={MenuIcon}
                label={t('navigation.open')}
                className="lg:hidden"
                onClick={() => {
                  wantMenu();
                  setMenuOpen(true);
                }}
              />
            }
          />
          <VerdictBar />
        </header>
        <main id="content" ref={main} tabIndex={-1} className="min-w-0 flex-1 outline-none">
          {gone && <Gone />}
          <Outlet />
        </main>
      </div>
      {PhoneMenu !== undefined && <PhoneMenu open={menuOpen} onOpenChange={setMenuOpen} />}
      <Palette />
    </div>
  );
}
