import { Link } from '@tanstack/react-router';
import { Play, Timer } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { cx } from '../../ui/class-names.ts';

const BUTTON =
  'inline-flex min-h-10 items-center justify-center gap-2 rounded-md border px-4 py-1.5 font-medium transition-colors';
const PRIMARY = 'border-transparent bg-accent text-accent-text hover:opacity-90';
const SECONDARY = 'border-line-strong bg-surface text-text hover:bg-sunken';

/** To the load test, with the burst of 50 set: the shortest way to see what the gateway does. */
export function BurstLink({ primary }: { primary: boolean }) {
  const { t } = useTranslation('overview');
  return (
    <Link
      to="/load-test"
      search={{ preset: 'burst50' }}
      className={cx(BUTTON, primary ? PRIMARY : SECONDARY)}
    >
      <Timer aria-hidden="true" className="size-4 shrink-0" />
      {t('runBurst')}
    </Link>
  );
}

export function PlaygroundLink() {
  const { t } = useTranslation('overview');
  return (
    <Link to="/playground" className={cx(BUTTON, SECONDARY)}>
      <Play aria-hidden="true" className="size-4 shrink-0" />
      {t('sendOne')}
    </Link>
  );
}
