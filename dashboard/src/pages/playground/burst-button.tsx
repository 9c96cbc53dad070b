import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Timer } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../api/client.ts';
import { useMayAct } from '../../api/session.ts';
import type { Burst, RouteView } from '../../api/types.ts';
import { burstRequest, withPreset } from '../../calls/burst-form.ts';
import { Button } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useErrorToast } from '../../ui/use-error-toast.ts';

/**
 * Starts twenty calls of the route and goes to where they are followed. Calls to somebody else's API are not started
 * from here: the load test asks for the upstream's name first.
 */
export function BurstButton({ route, method }: { route: RouteView; method: string }) {
  const { t } = useTranslation('playground');
  const { t: tCommon } = useTranslation();
  const tellError = useErrorToast();
  const mayAct = useMayAct();
  const navigate = useNavigate();
  const client = useQueryClient();
  const follow = (burst: string | undefined) =>
    navigate({ to: '/load-test', search: { preset: 'burst20', route: route.path, method, burst } });
  const start = useMutation({
    mutationFn: () =>
      ask<Burst>('/bursts', { method: 'POST', body: burstRequest(route, method, withPreset('burst20')) }),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: ['bursts'] });
      return follow(id);
    },
    onError: (error) => {
      tellError(error);
      return follow(undefined);
    },
  });
  const button = (
    <Button
      icon={Timer}
      busy={start.isPending}
      aria-disabled={!mayAct}
      onClick={() => {
        if (!mayAct) return;
        if (route.sandbox) start.mutate();
        else void follow(undefined);
      }}
    >
      {t('burst20')}
    </Button>
  );
  return <Tooltip label={mayAct ? t('burst20Hint') : tCommon('viewerOnly')}>{button}</Tooltip>;
}
