import type { Config, RouteConfig } from '../config/schema.ts';
import { compileAdmission } from '../gateway/admission.ts';
import { buildPipeline, type RouteServices } from '../gateway/pipeline.ts';
import type { Route } from '../gateway/route.ts';
import type { ServedRoute } from '../server/edge.ts';
import type { ClientLimiter } from '../state/contracts.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import type { HotState } from './hot-state.ts';
import { isPaced, type UpstreamParts } from './upstreams.ts';

/** What all routes share. */
export type SharedServices = Omit<
  RouteServices,
  'clientLimiter' | 'gate' | 'retryBudget' | 'transport' | 'maxEntryBytes'
>;

/** Builds the routes of a configuration, again on every reload; what a client has used up is kept across it. */
export class RouteFactory {
  private limiters = new Map<string, ClientLimiter>();

  constructor(
    private readonly services: SharedServices,
    private readonly recorder: UsageRecorder,
    private readonly state: Pick<HotState, 'clientLimiter'>,
  ) {}

  build(config: Config, upstreams: ReadonlyMap<string, UpstreamParts>): ServedRoute[] {
    const limiters = new Map<string, ClientLimiter>();
    const routes = config.routes.map((route) => this.serve(route, config, upstreams, limiters));
    this.limiters = limiters;
    return routes;
  }

  private serve(
    config: RouteConfig,
    whole: Config,
    upstreams: ReadonlyMap<string, UpstreamParts>,
    limiters: Map<string, ClientLimiter>,
  ): ServedRoute {
    const upstream = upstreams.get(config.upstream);
    if (upstream === undefined) throw new Error(`there is no upstream ${config.upstream}`);
    const route: Route = { config, upstream: upstream.config, label: config.path };
    const { gate, retryBudget, transport } = upstream;
    return {
      ...route,
      handle: buildPipeline(route, {
        ...this.services,
        clientLimiter: this.limiterOf(config, limiters),
        gate,
        retryBudget,
        transport,
        maxEntryBytes: whole.cache.maxEntryBytes,
      }),
      admit: compileAdmission(route, whole.clients.identify),
      usage: this.recorder.series(route.label, upstream.config.name),
      bodyRules: {
        maxBytes: config.maxBodyBytes,
        bufferBytes: whole.bufferBytes,
        hold: isPaced(upstream.config) || config.body === 'json' || config.retry.attempts > 1,
        json: config.body === 'json',
      },
    };
  }

  private limiterOf(
    { path, methods, clientLimit }: RouteConfig,
    limiters: Map<string, ClientLimiter>,
  ): ClientLimiter | undefined {
    if (clientLimit === undefined) return undefined;
    const key = JSON.stringify([path, methods, clientLimit]);
    const { rate, algorithm } = clientLimit;
    const name = `${methods.join(',')} ${path}`;
    const limiter = this.limiters.get(key) ?? this.state.clientLimiter({ name, rate, algorithm });
    limiters.set(key, limiter);
    return limiter;
  }
}
