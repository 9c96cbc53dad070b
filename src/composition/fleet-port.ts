import type { Fleet } from '../fleet/fleet.ts';
import type { FleetPort } from '../server/admin/ports.ts';
import type { HotState } from './hot-state.ts';

/** The fleet as the admin API sees it. One process alone is a fleet of one. */
export function fleetPort(fleet: Fleet, state: Pick<HotState, 'status' | 'server'>, name: string): FleetPort {
  const isShared = state.status().kind === 'redis';
  return {
    self: fleet.self,
    name,
    status: () => state.status(),
    server: () => state.server(),
    view: () => fleet.view(),
    refresh: async () => {
      if (isShared) await fleet.refresh();
    },
    prepare: async () => {
      if (isShared) await Promise.all([fleet.sampler.prepare(), fleet.refresh()]);
    },
  };
}
