import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/types.ts';
import { useFormat } from '../../i18n/format.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { useActionText } from './use-action-text.ts';

export interface AuditTableProps {
  entries: readonly AuditEntry[];
  onOpen: (entry: AuditEntry) => void;
}

export function AuditTable({ entries, onOpen }: AuditTableProps) {
  const { t } = useTranslation('configuration');
  const format = useFormat();
  const actionText = useActionText();
  return (
    <DataTable<AuditEntry>
      caption={t('tab.audit')}
      rows={entries}
      rowKey={({ id }) => id}
      onRowClick={onOpen}
      columns={[
        {
          id: 'at',
          header: t('audit.at'),
          cell: ({ at }) => (
            <time dateTime={at} className="sm:whitespace-nowrap">
              {format.dateTime(at)}
            </time>
          ),
        },
        {
          id: 'action',
          header: t('audit.action'),
          cell: ({ action }) => (
            <>
              {actionText(action)}
              <code className="block font-mono text-muted text-xs">{action}</code>
            </>
          ),
        },
        {
          id: 'subject',
          header: t('audit.subject'),
          cell: ({ subject }) => (
            <code className="inline-block min-w-20 [overflow-wrap:anywhere] font-mono">{subject}</code>
          ),
        },
        {
          id: 'actor',
          header: t('audit.actor'),
          hideOnPhone: true,
          cell: ({ actor }) => <span className="break-all">{actor}</span>,
        },
      ]}
    />
  );
}
