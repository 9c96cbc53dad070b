import { Plus, Upload } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { useMayAct, useSession } from '../../api/session.ts';
import type { Rule } from '../../api/types.ts';
import { maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { TypedFilter } from '../../clients/typed-filter.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { EmptyRules } from './empty-rules.tsx';
import { ExportMenu } from './export-menu.tsx';
import { Pager } from './pager.tsx';
import { PrecedenceNote } from './precedence-note.tsx';
import { DeleteRuleDialog } from './rule-delete-dialog.tsx';
import { RuleDrawer } from './rule-drawer.tsx';
import { RuleImportDrawer } from './rule-import-drawer.tsx';
import { RuleTable } from './rule-table.tsx';
import { RULES_A_PAGE, useRules } from './use-rules.ts';

const SOURCES = ['file', 'api'] as const;

/** The rules, a page at a time, and everything that can be done with them. */
export function RulesTab() {
  const { t } = useTranslation('access');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  const isViewer = useSession()?.role === 'viewer';
  const [search, setSearch] = usePageSearch();
  const [isImporting, setIsImporting] = useState(false);
  const [deleting, setDeleting] = useState<Rule>();
  const { forClient = '', forPath = '', rule: openId } = search;
  const source = SOURCES.find((one) => one === search.source);
  const offset = /^\d{1,7}$/.test(search.offset ?? '') ? Number(search.offset) : 0;
  const filters = {
    client: maskClient(forClient) || undefined,
    path: maskNumbers(forPath) || undefined,
    source,
  };
  const { data, error, refetch, isPlaceholderData } = useRules(filters, offset);
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  const byClient = useCallback(
    (value: string) => setSearch({ forClient: value || undefined, offset: undefined }),
    [setSearch],
  );
  const byPath = useCallback(
    (value: string) => setSearch({ forPath: value || undefined, offset: undefined }),
    [setSearch],
  );
  const add = () => setSearch({ new: '1', rule: undefined });

  return (
    <Card>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap gap-2">
          <div className="grid min-w-0 flex-1 basis-80 grid-cols-1 gap-2 sm:grid-cols-3">
            <TypedFilter
              value={forClient}
              label={t('rules.byClient')}
              mask={maskClient}
              onCommit={byClient}
            />
            <TypedFilter value={forPath} label={t('rules.byPath')} mask={maskNumbers} onCommit={byPath} />
            <Select
              label={t('rules.bySource')}
              value={source ?? ''}
              onChange={(value) => setSearch({ source: value || undefined, offset: undefined })}
              options={[
                { value: '', label: t('rules.anySource') },
                ...SOURCES.map((one) => ({ value: one, label: t(`source.${one}`) })),
              ]}
            />
          </div>
          <div className="flex flex-wrap gap-2">
            <Button
              variant="primary"
              icon={Plus}
              disabled={!mayAct}
              title={mayAct ? undefined : tCommon('viewerOnly')}
              onClick={add}
            >
              {t('rules.add')}
            </Button>
            <Button
              icon={Upload}
              disabled={!mayAct}
              title={mayAct ? undefined : tCommon('viewerOnly')}
              onClick={() => setIsImporting(true)}
            >
              {t('rules.import')}
            </Button>
            <ExportMenu />
          </div>
        </div>
        {isViewer && <Notice tone="info">{tCommon('viewerOnly')}</Notice>}
        <PrecedenceNote />
        <ProblemNotice error={error} onRetry={() => void refetch()} />
        {data === undefined ? (
          error === null && <Skeleton lines={6} />
        ) : data.total === 0 ? (
          <EmptyRules
            isFiltered={isFiltered}
            onReset={() =>
              setSearch({ forClient: undefined, forPath: undefined, source: undefined, offset: undefined })
            }
          />
        ) : (
          <div aria-busy={isPlaceholderData} className="flex flex-col gap-2">
            <RuleTable
              rules={data.items}
              onOpen={({ id }) => setSearch({ rule: id, new: undefined })}
              onDelete={setDeleting}
            />
            <Pager
              offset={data.offset}
              limit={RULES_A_PAGE}
              total={data.total}
              onOffset={(next) => setSearch({ offset: next === 0 ? undefined : String(next) })}
            />
          </div>
        )}
      </div>
      {search.new === '1' ? (
        <RuleDrawer
          id={undefined}
          client={search.client}
          onClose={() => setSearch({ new: undefined, client: undefined })}
        />
      ) : (
        openId !== undefined && (
          <RuleDrawer
            key={openId}
            id={openId}
            client={undefined}
            onClose={() => setSearch({ rule: undefined })}
          />
        )
      )}
      {isImporting && <RuleImportDrawer onClose={() => setIsImporting(false)} />}
      {deleting !== undefined && <DeleteRuleDialog rule={deleting} onClose={() => setDeleting(undefined)} />}
    </Card>
  );
}
