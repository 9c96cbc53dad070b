import { Link } from '@tanstack/react-router';
import type { LucideIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { UpstreamStatus } from '../api/types.ts';
import { useFormat } from '../i18n/format.ts';
import { useLive } from '../live/use-live.ts';
import { PAGES, pagesFor, UPSTREAM_ICON } from './navigation.ts';

const LINK =
  'flex min-h-10 items-center gap-3 rounded-md px-3 text-muted hover:bg-sunken hover:text-text data-[status=active]:bg-accent-soft data-[status=active]:font-semibold data-[status=active]:text-text';

/** The main menu; below the overview the upstreams, with what needs a look. */
export function SideMenu() {
  const { t } = useTranslation();
  const live = useLive();
  const [overview] = PAGES;
  const pages = pagesFor(live).filter(({ to }) => to !== overview.to);
  return (
    <nav aria-label={t('navigation.label')} className="flex flex-col gap-1 p-3">
      <div className="flex items-center gap-2 px-3 pt-1 pb-3 font-semibold text-lg">
        <img src="./icon.svg" alt="" width={26} height={26} />
        {t('product')}
      </div>
      <MenuLink to={overview.to} icon={overview.icon} label={t(`navigation.${overview.key}`)} />
      {live !== undefined && live.upstreams.length > 0 && (
        <>
          <p className="px-3 pt-3 pb-1 font-semibold text-muted text-xs uppercase tracking-wide">
            {t('navigation.upstreams')}
          </p>
          <ul className="flex flex-col gap-1">
            {live.upstreams.map((upstream) => (
              <li key={upstream.name}>
                <UpstreamLink upstream={upstream} />
              </li>
            ))}
          </ul>
          <hr className="my-2 border-line" />
        </>
      )}
      {pages.map(({ to, key, icon }) => (
        <MenuLink key={to} to={to} icon={icon} label={t(`navigation.${key}`)} />
      ))}
      {live !== undefined && (
        <p className="px-3 pt-4 text-muted text-xs">{t('version', { version: live.version })}</p>
      )}
    </nav>
  );
}

function MenuLink({ to, icon: Icon, label }: { to: string; icon: LucideIcon; label: string }) {
  return (
    <Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={LINK}>
      <Icon size={18} aria-hidden />
      {label}
    </Link>
  );
}

function UpstreamLink({ upstream }: { upstream: UpstreamStatus }) {
  const format = useFormat();
  const { name, waiting, breaker, pause } = upstream;
  const bad = breaker !== null && breaker.state === 'open';
  const warn = !bad && (pause !== null || breaker?.state === 'half_open' || breaker?.forced === true);
  const tone = bad ? 'bg-bad' : warn ? 'bg-warn' : waiting > 0 ? 'bg-info' : 'bg-ok';
  const Icon = UPSTREAM_ICON;
  return (
    <Link to="/upstreams/$name" params={{ name }} activeOptions={{ includeSearch: false }} className={LINK}>
      <Icon size={18} aria-hidden />
      <span className="min-w-0 flex-1 truncate">{name}</span>
      {waiting > 0 && (
        <span className="live-number rounded bg-info-soft px-1.5 text-info text-xs">
          {format.compact(waiting)}
        </span>
      )}
      <span aria-hidden className={`live-number size-2 shrink-0 rounded-full ${tone}`} />
    </Link>
  );
}
