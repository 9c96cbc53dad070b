import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/problem.ts';
import { maskNumbers } from '../../clients/tax-id.ts';
import { Drawer } from '../../ui/drawer.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RuleEditor } from './rule-editor.tsx';
import { formOf, newForm } from './rule-form.ts';
import { useRule } from './use-rules.ts';

interface RuleDrawerProps {
  /** Undefined: a new rule. */
  readonly id: string | undefined;
  /** Whom a new rule is about. */
  readonly client: string | undefined;
  readonly onClose: () => void;
}

/** A rule to make, to change or to look at. It is read again when it opens, so that it is the latest. */
export function RuleDrawer({ id, client, onClose }: RuleDrawerProps) {
  const { t } = useTranslation('access');
  const { data: rule, error, isFetching, refetch } = useRule(id);
  if (id === undefined) {
    return (
      <RuleEditor
        title={t('editor.newTitle')}
        initial={newForm(client)}
        rule={undefined}
        onReload={undefined}
        onClose={onClose}
      />
    );
  }
  const title = maskNumbers(id);
  if (rule !== undefined) {
    return (
      <RuleEditor
        key={rule.version}
        title={title}
        initial={formOf(rule)}
        rule={rule}
        onReload={() => void refetch()}
        onClose={onClose}
      />
    );
  }
  return (
    <Drawer open onOpenChange={(open) => !open && onClose()} title={title}>
      {isFetching ? (
        <Skeleton lines={8} />
      ) : (
        <ProblemNotice
          error={error}
          {...(error instanceof ApiError && error.status === 404 ? {} : { onRetry: () => void refetch() })}
        />
      )}
    </Drawer>
  );
}
