import { Languages, LogOut, Search, SunMoon } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../api/session.ts';
import { LANGUAGES } from '../i18n/namespaces.ts';
import { useLive } from '../live/use-live.ts';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Menu } from '../ui/menu.tsx';
import { switchLanguage } from './language.ts';
import { LiveAge } from './live-age.tsx';
import { openPalette } from './palette.tsx';
import { signOut } from './sign-out.ts';
import { switchTheme, THEMES, useTheme } from './theme.ts';

/** Where one is, whether it is live, and what concerns the page rather than the gateway. */
export function TopBar({ menuButton }: { menuButton: ReactNode }) {
  const { t, i18n } = useTranslation();
  const live = useLive();
  const session = useSession();
  const theme = useTheme();
  const environment = live?.environment ?? session?.environment;
  return (
    <div className="flex h-12 items-center gap-2 px-3 lg:px-6">
      {menuButton}
      {environment && (
        <span title={t('environment', { name: environment })} className="min-w-0">
          <Badge tone={/prod/i.test(environment) ? 'bad' : 'info'}>
            <span className="sr-only">{t('environment', { name: environment })}</span>
            <span aria-hidden className="truncate">
              {environment}
            </span>
          </Badge>
        </span>
      )}
      <LiveAge />
      <div className="flex-1" />
      <PaletteButton />
      {session?.token_required && (
        <span className="hidden sm:inline">
          <Badge tone="neutral">{t(`signIn.role.${session.role}`)}</Badge>
        </span>
      )}
      <Menu
        trigger={<IconButton icon={Languages} label={t('language.label')} />}
        items={LANGUAGES.map((language) => ({
          id: language,
          label: t(`language.${language}`),
          checked: i18n.language === language,
          onSelect: () => void switchLanguage(language),
        }))}
      />
      <Menu
        trigger={<IconButton icon={SunMoon} label={t('theme.label')} />}
        items={THEMES.map((one) => ({
          id: one,
          label: t(`theme.${one}`),
          checked: theme === one,
          onSelect: () => switchTheme(one),
        }))}
      />
      {session?.token_required && <IconButton icon={LogOut} label={t('signIn.out')} onClick={signOut} />}
    </div>
  );
}

function PaletteButton() {
  const { t } = useTranslation();
  const [isApple, setIsApple] = useState(false);
  useEffect(() => setIsApple(/Mac|iPhone|iPad/.test(navigator.userAgent)), []);
  return (
    <>
      <button
        type="button"
        onClick={openPalette}
        className="hidden min-h-9 items-center gap-2 rounded-md border border-line bg-page px-3 text-muted text-sm hover:border-line-strong sm:flex"
      >
        <Search size={15} aria-hidden />
        {t('palette.open')}
        <kbd className="rounded border border-line px-1 font-mono text-xs">{isApple ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <IconButton icon={Search} label={t('palette.open')} className="sm:hidden" onClick={openPalette} />
    </>
  );
}
