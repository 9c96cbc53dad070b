import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { Page } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { DeniedTab } from './denied-tab.tsx';
import { RulesTab } from './rules-tab.tsx';
import { TesterTab } from './tester-tab.tsx';

const TABS = ['rules', 'tester', 'denied'] as const;

/** Who may call what: the rules, which of them decides, and who is denied for a while. */
export function AccessPage() {
  const { t } = useTranslation('access');
  const [search, setSearch] = usePageSearch();
  const tab = TABS.find((one) => one === search.tab) ?? 'rules';
  const choose = (id: string) => {
    // What the other tab filters by means nothing here.
    const cleared = Object.fromEntries(Object.keys(search).map((name) => [name, undefined]));
    setSearch({ ...cleared, tab: id });
  };
  return (
    <Page title={t('title')} subtitle={t('subtitle')}>
      <Tabs
        value={tab}
        onChange={choose}
        label={t('tabs.label')}
        tabs={TABS.map((id) => ({ id, label: t(`tabs.${id}`) }))}
      >
        {tab === 'rules' && <RulesTab />}
        {tab === 'tester' && <TesterTab />}
        {tab === 'denied' && <DeniedTab />}
      </Tabs>
    </Page>
  );
}
