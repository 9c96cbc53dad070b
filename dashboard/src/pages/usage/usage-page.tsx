import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { Card } from '../../ui/card.tsx';
import { CodeText } from '../../ui/code-text.tsx';
import { Page } from '../../ui/page.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RangePicker } from './range-picker.tsx';
import { readQuestion } from './usage-question.ts';
import { readRange } from './usage-range.ts';
import { UsageReport } from './usage-report.tsx';

/** Who called what, when, and how it went: from the ledger, not from the live stream. */
export function UsagePage() {
  const { t } = useTranslation('usage');
  const [search, change] = usePageSearch();
  const range = readRange(search);
  const question = readQuestion(search);
  return (
    <Page title={t('title')} subtitle={t('subtitle')}>
      <Card className="flex flex-col gap-3">
        <RangePicker range={range} search={search} onChange={change} />
        <FilterBar question={question} onChange={change} />
        <p className="text-muted text-xs">
          <CodeText text={t('flushHint')} />
        </p>
      </Card>
      {range.kind === 'incomplete' ? (
        <p className="text-muted">{t(range.problem === 'order' ? 'range.order' : 'range.missing')}</p>
      ) : (
        <UsageReport range={range} question={question} onChange={change} />
      )}
    </Page>
  );
}
