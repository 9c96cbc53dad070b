import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMayAct } from '../../api/session.ts';
import type { UpstreamStatus } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { BreakerForceDialog, type Force } from './breaker-force-dialog.tsx';

const FORCES = ['open', 'closed', 'reset'] as const satisfies readonly Force[];

/** Force open, force closed, reset: each asks first. */
export function BreakerActions({ status }: { status: UpstreamStatus }) {
  const { t } = useTranslation('upstream');
  const { t: tCommon } = useTranslation();
  const mayAct = useMayAct();
  const [asked, setAsked] = useState<Force>();
  return (
    <>
      {FORCES.map((force) => (
        <Button
          key={force}
          size="sm"
          disabled={!mayAct}
          title={mayAct ? undefined : tCommon('viewerOnly')}
          onClick={() => setAsked(force)}
        >
          {t(`force.${force}.button`)}
        </Button>
      ))}
      {asked !== undefined && (
        <BreakerForceDialog force={asked} name={status.name} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}
