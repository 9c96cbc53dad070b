import type { RouteConfig, UpstreamConfig } from '../config/schema.ts';

/** A configured route, with the upstream it leads to. */
export interface Route {
  readonly config: RouteConfig;
  readonly upstream: UpstreamConfig;
  /** The path as configured: a bounded label for metrics and logs. */
  readonly label: string;
}
