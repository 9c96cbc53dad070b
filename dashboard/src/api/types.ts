import type { z } from 'zod';
import type { auditEntry, auditPage } from '../../../src/server/admin/resources/audit.ts';
import type {
  burstForecast,
  burstView,
  burstWithCalls,
} from '../../../src/server/admin/resources/burst-view.ts';
import type { cacheStats } from '../../../src/server/admin/resources/cache.ts';
import type { configEntry, configReload } from '../../../src/server/admin/resources/config.ts';
import type { deniedClient } from '../../../src/server/admin/resources/denied.ts';
import type { fleetView } from '../../../src/server/admin/resources/fleet.ts';
import type {
  liveDelta,
  liveSample,
  liveSnapshot,
  liveState,
  timelineEntry,
} from '../../../src/server/admin/resources/live-frame.ts';
import type { playgroundEvents } from '../../../src/server/admin/resources/playground-view.ts';
import type { queueHolders, waitingTicket } from '../../../src/server/admin/resources/queue.ts';
import type { requestTail, requestView } from '../../../src/server/admin/resources/request-view.ts';
import type { routeView } from '../../../src/server/admin/resources/route-view.ts';
import type { ruleFile, ruleView } from '../../../src/server/admin/resources/rule-document.ts';
import type { limitNow, ruleVerdict } from '../../../src/server/admin/resources/rule-test.ts';
import type { ruleImport } from '../../../src/server/admin/resources/rule-transfer.ts';
import type { upstreamDetail, upstreamStatus } from '../../../src/server/admin/resources/upstream-view.ts';
import type { usageAnswer } from '../../../src/server/admin/resources/usage.ts';
import type { usageRow } from '../../../src/server/admin/resources/usage-rows.ts';

/** What the admin API answers, by the schemas that make its OpenAPI document. Types only: nothing of it is bundled. */

export type { Session } from '../../../src/server/admin/resources/session.ts';

export type FleetView = z.output<typeof fleetView>;
export type FleetNode = FleetView['nodes'][number];
export type FleetDrift = FleetView['drift'][number];
export type LiveSnapshot = z.output<typeof liveSnapshot>;
export type LiveDelta = z.output<typeof liveDelta>;
export type LiveSample = z.output<typeof liveSample>;
export type LiveState = z.output<typeof liveState>;
export type TimelineEntry = z.output<typeof timelineEntry>;
export type UpstreamStatus = z.output<typeof upstreamStatus>;
export type LimitStatus = UpstreamStatus['limits'][number];
export type UpstreamDetail = z.output<typeof upstreamDetail>;
export type BurstForecast = z.output<typeof burstForecast>;
export type Burst = z.output<typeof burstView>;
export type BurstProgress = z.output<typeof burstWithCalls>;
export type PlaygroundEvents = {
  [Name in keyof typeof playgroundEvents]: z.output<(typeof playgroundEvents)[Name]>;
};
export type RequestRecord = z.output<typeof requestView>;
export type RequestTail = z.output<typeof requestTail>;
export type RouteView = z.output<typeof routeView>;

export type WaitingRequest = z.output<typeof waitingTicket>;
export type QueueHolders = z.output<typeof queueHolders>;

export type Rule = z.output<typeof ruleView>;
export type RuleAction = Rule['action'];
/** A rule as `POST` and `PUT` take it. */
export type RuleBody = z.output<typeof ruleFile>;
export type RuleImport = z.output<typeof ruleImport>;
export type RuleVerdict = z.output<typeof ruleVerdict>;
export type MatchingRule = RuleVerdict['rules'][number];
export type LimitNow = z.output<typeof limitNow>;
export type DeniedClient = z.output<typeof deniedClient>;

export type UsageAnswer = z.output<typeof usageAnswer>;
export type UsageRow = z.output<typeof usageRow>;
export type UsageDimension = UsageAnswer['group_by'][number];
export type UsageBucket = NonNullable<UsageAnswer['bucket']>;

export type CacheStats = z.output<typeof cacheStats>;
export type ConfigEntry = z.output<typeof configEntry>;
export type ConfigReload = z.output<typeof configReload>;
export type AuditEntry = z.output<typeof auditEntry>;
export type AuditPage = z.output<typeof auditPage>;

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}
