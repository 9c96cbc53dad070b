import { Link } from '@tanstack/react-router';
import { Unplug } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../live/use-live.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page } from '../../ui/page.tsx';

/** No upstream has the name, or none has it any more since a reload. Those that there are lead on. */
export function UnknownUpstream({ name }: { name: string }) {
  const { t } = useTranslation('upstream');
  const known = useLive()?.upstreams ?? [];
  return (
    <Page title={<span className="font-mono">{name}</span>}>
      <EmptyState
        icon={Unplug}
        title={t('unknown.title', { name })}
        action={
          known.length > 0 && (
            <nav aria-label={t('unknown.known')}>
              <p className="mb-1 text-muted">{t('unknown.known')}</p>
              <ul className="flex flex-wrap justify-center gap-x-4">
                {known.map((upstream) => (
                  <li key={upstream.name}>
                    <Link
                      to="/upstreams/$name"
                      params={{ name: upstream.name }}
                      className="inline-flex min-h-8 items-center font-mono underline underline-offset-2"
                    >
                      {upstream.name}
                    </Link>
                  </li>
                ))}
              </ul>
            </nav>
          )
        }
      >
        {t('unknown.explain')}
      </EmptyState>
    </Page>
  );
}
