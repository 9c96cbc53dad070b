import {
  Activity,
  ChartColumn,
  Database,
  Gauge,
  ListTree,
  type LucideIcon,
  Network,
  Play,
  Settings,
  ShieldCheck,
  Timer,
} from 'lucide-react';
import type { LiveData } from '../live/live-data.ts';

/** The pages of the menu, in its order. Upstreams stand below the overview, by name. */
export const PAGES = [
  { to: '/', key: 'overview', icon: Gauge },
  { to: '/playground', key: 'playground', icon: Play },
  { to: '/load-test', key: 'loadTest', icon: Timer },
  { to: '/requests', key: 'requests', icon: ListTree },
  { to: '/access', key: 'access', icon: ShieldCheck },
  { to: '/usage', key: 'usage', icon: ChartColumn },
  { to: '/cache', key: 'cache', icon: Database },
  { to: '/configuration', key: 'configuration', icon: Settings },
  { to: '/fleet', key: 'fleet', icon: Network },
] as const satisfies readonly { to: string; key: string; icon: LucideIcon }[];

/** One process alone, with all in its own memory, has no fleet to show. */
export function pagesFor(live: LiveData | undefined): readonly (typeof PAGES)[number][] {
  const state = live?.state;
  const hasFleet = state !== undefined && (state.hot_state.kind === 'redis' || state.fleet.nodes > 1);
  return PAGES.filter(({ key }) => key !== 'fleet' || hasFleet);
}

export const UPSTREAM_ICON = Activity;
