import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { AuditTab } from './audit-tab.tsx';
import { ReloadButton } from './reload-button.tsx';
import { ReloadResult } from './reload-result.tsx';
import { RestartNotice } from './restart-notice.tsx';
import { useReload } from './use-reload.ts';
import { ValuesTab } from './values-tab.tsx';

/** What holds and where it came from; who changed what. */
export function ConfigurationPage() {
  const { t } = useTranslation('configuration');
  const [search, change] = usePageSearch();
  const reload = useReload();
  const saysRestart = reload.data?.kind === 'read' && reload.data.restart.length > 0;
  const tab = search.tab === 'audit' ? 'audit' : 'values';
  return (
    <Page
      title={t('title')}
      subtitle={t('subtitle')}
      actions={<ReloadButton busy={reload.isPending} onReload={() => reload.mutate()} />}
    >
      <ReloadResult reload={reload} />
      {!saysRestart && <RestartNotice />}
      <Tabs
        label={t('tab.label')}
        value={tab}
        // The filters of one tab mean nothing in the other.
        onChange={(next) =>
          change({
            tab: next,
            q: undefined,
            origin: undefined,
            prefix: undefined,
            subject: undefined,
            before: undefined,
          })
        }
        tabs={[
          { id: 'values', label: t('tab.values') },
          { id: 'audit', label: t('tab.audit') },
        ]}
      >
        {tab === 'values' ? (
          <ValuesTab search={search} onChange={change} />
        ) : (
          <AuditTab search={search} onChange={change} />
        )}
      </Tabs>
    </Page>
  );
}
