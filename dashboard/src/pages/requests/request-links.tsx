import { Link } from '@tanstack/react-router';
import { Activity, Filter, ShieldPlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RequestRecord } from '../../api/types.ts';
import { canBeNamed, clientOfRule, nameOf } from '../../clients/rule-client.ts';

const LOOK =
  'inline-flex min-h-8 max-w-full items-center gap-2 rounded-md border border-line-strong bg-surface px-3 py-1 font-medium text-sm hover:bg-sunken';

/** Where to look and what to do next. */
export function RequestLinks({ record }: { record: RequestRecord }) {
  const { t } = useTranslation('requests');
  const { code } = record;
  const [client, route, upstream] = [record.client, record.route, record.upstream].map(nameOf);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-semibold text-sm">{t('drawer.next')}</h3>
      <div className="flex flex-wrap gap-2">
        {client !== undefined && (
          <Link to="/requests" search={{ client }} className={LOOK}>
            <Filter aria-hidden="true" className="size-4 shrink-0" />
            {t('link.sameClient')}
          </Link>
        )}
        {route !== undefined && (
          <Link to="/requests" search={{ route }} className={LOOK}>
            <Filter aria-hidden="true" className="size-4 shrink-0" />
            {t('link.sameRoute')}
          </Link>
        )}
        {code !== null && (
          <Link to="/requests" search={{ code }} className={LOOK}>
            <Filter aria-hidden="true" className="size-4 shrink-0" />
            {t('link.sameCode')}
          </Link>
        )}
        {upstream !== undefined && (
          <Link to="/upstreams/$name" params={{ name: upstream }} className={LOOK}>
            <Activity aria-hidden="true" className="size-4 shrink-0" />
            {t('link.upstream', { name: upstream })}
          </Link>
        )}
        {client !== undefined && canBeNamed(client) && (
          <Link
            to="/access"
            search={{ tab: 'rules', new: '1', client: clientOfRule(client) }}
            className={LOOK}
          >
            <ShieldPlus aria-hidden="true" className="size-4 shrink-0" />
            {t('link.limitClient')}
          </Link>
        )}
      </div>
      {client !== undefined && !canBeNamed(client) && (
        <p className="text-muted text-sm">{t('link.hiddenClient')}</p>
      )}
    </section>
  );
}
