import {
  Activity,
  ChartColumn,
  Database,
  Gauge,
  ListTree,
  type LucideIcon,
  Play,
  Settings,
  ShieldCheck,
  Timer,
} from 'lucide-react';

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
] as const satisfies readonly { to: string; key: string; icon: LucideIcon }[];

export const UPSTREAM_ICON = Activity;
