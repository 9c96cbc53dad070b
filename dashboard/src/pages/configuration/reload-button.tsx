import { RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import { Button } from '../../ui/button.tsx';

export function ReloadButton({ busy, onReload }: { busy: boolean; onReload: () => void }) {
  const { t } = useTranslation('configuration');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  return (
    <Button
      icon={RefreshCw}
      busy={busy}
      disabled={!mayAct}
      title={mayAct ? t('reload.hint') : tCommon('viewerOnly')}
      onClick={onReload}
    >
      {t('reload.button')}
    </Button>
  );
}
