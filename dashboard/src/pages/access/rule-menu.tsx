import { EllipsisVertical, Eye, EyeOff, FlaskConical, Pencil, Power, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { usePageSearch } from '../../address/page-search.ts';
import { useMayAct } from '../../api/session.ts';
import type { Rule } from '../../api/types.ts';
import { isAddress, maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useToast } from '../../ui/toaster.tsx';
import { useErrorToast } from '../../ui/use-error-toast.ts';
import { bodyWith } from './rule-form.ts';
import { useRuleChange } from './use-rules.ts';

interface RuleMenuProps {
  readonly rule: Rule;
  readonly onOpen: (rule: Rule) => void;
  readonly onDelete: (rule: Rule) => void;
}

/** What can be done with one rule. Rules of the file can only be looked at and tried. */
export function RuleMenu({ rule, onOpen, onDelete }: RuleMenuProps) {
  const { t } = useTranslation('access');
  const tellError = useErrorToast();
  const mayAct = useMayAct();
  const toast = useToast();
  const [, setSearch] = usePageSearch();
  const change = useRuleChange();
  const { version, enabled, shadow } = rule;
  const isFixed = version === null || !mayAct;

  const turn = (to: { enabled?: boolean; shadow?: boolean }) => {
    if (version === null) return;
    change.mutate(
      { kind: 'save', body: bodyWith(rule, to), on: version },
      {
        onSuccess: () => toast({ tone: 'ok', title: t('saved', { id: rule.id }) }),
        onError: tellError,
      },
    );
  };
  return (
    <Menu
      trigger={
        <IconButton icon={EllipsisVertical} size="sm" label={t('menu.label', { id: maskNumbers(rule.id) })} />
      }
      items={[
        {
          id: 'open',
          icon: isFixed ? Eye : Pencil,
          label: isFixed ? t('menu.look') : t('menu.edit'),
          onSelect: () => onOpen(rule),
        },
        {
          id: 'test',
          icon: FlaskConical,
          label: t('menu.test'),
          onSelect: () => setSearch({ tab: 'tester', rule: undefined, ...exampleOf(rule) }),
        },
        'separator',
        {
          id: 'enabled',
          icon: Power,
          label: enabled ? t('menu.disable') : t('menu.enable'),
          disabled: isFixed,
          onSelect: () => turn({ enabled: !enabled }),
        },
        {
          id: 'shadow',
          icon: shadow ? Eye : EyeOff,
          label: shadow ? t('menu.enforce') : t('menu.shadow'),
          disabled: isFixed,
          onSelect: () => turn({ shadow: !shadow }),
        },
        'separator',
        {
          id: 'delete',
          icon: Trash2,
          label: t('menu.delete'),
          tone: 'bad',
          disabled: isFixed,
          onSelect: () => onDelete(rule),
        },
      ]}
    />
  );
}

/** A request that the rule is about, as far as it can be told from the rule. */
function exampleOf({ client, path, methods }: Rule) {
  const [method = '*'] = methods;
  const id = client.startsWith('client:') ? client.slice('client:'.length) : undefined;
  const address = isAddress(client) ? client.split('/')[0] : undefined;
  return {
    method: method === '*' ? undefined : method,
    path: path === '*' ? '/' : maskNumbers(path).replace(/\*$/, ''),
    ip: address,
    client: id === undefined || maskClient(id) !== id ? undefined : id,
  };
}
