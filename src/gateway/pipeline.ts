import type { Route } from './route.ts';
import type { Handler } from './stage.ts';
import { type AccessServices, accessStage } from './stages/access.ts';
import { type CacheServices, cacheStage } from './stages/cache.ts';
import { type CoalesceServices, coalesceStage } from './stages/coalesce.ts';
import { type FallbackServices, fallbackStage } from './stages/fallback.ts';
import { gateStage } from './stages/gate.ts';
import { type RecordServices, recordStage } from './stages/record.ts';
import { type RetryServices, retryStage } from './stages/retry.ts';
import { type TransportServices, transportStage } from './stages/transport.ts';

/** Everything that the stages of one route use. */
export type RouteServices = RecordServices &
  AccessServices &
  CacheServices &
  FallbackServices &
  CoalesceServices &
  RetryServices &
  TransportServices;

/** The request's way, outermost first. Reading this array is reading the architecture. */
const stages = [
  recordStage, //    every command ends exactly once here: counters, usage, log
  accessStage, //    client limits                          → 429 client_rate_limited
  cacheStage, //     fresh → answer; stale-while-revalidate → answer and refresh behind; miss → on
  fallbackStage, //  a refusal or failure below is answered stale where the route allows it
  coalesceStage, //  identical reads in flight share one upstream call
  retryStage, //     below here: once per attempt
  gateStage, //      queue → pace → breaker → concurrency: may this call go now, and which one is next?
  transportStage, // the upstream call, with its timeout
] as const;

/** Composes the stages for one route. A stage with nothing to do there leaves no trace. */
export function buildPipeline(route: Route, services: RouteServices): Handler {
  const end: Handler = () => {
    throw new Error('the transport stage answers every command');
  };
  return stages.reduceRight<Handler>((next, stage) => stage(route, services)(next), end);
}
