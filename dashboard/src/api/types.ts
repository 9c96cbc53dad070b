import type { z } from 'zod';
import type {
  burstForecast,
  burstView,
  burstWithCalls,
} from '../../../src/server/admin/resources/burst-view.ts';
import type {
  liveDelta,
  liveSample,
  liveSnapshot,
  liveState,
  timelineEntry,
} from '../../../src/server/admin/resources/live-frame.ts';
import type { playgroundEvents } from '../../../src/server/admin/resources/playground-view.ts';
import type { requestTail, requestView } from '../../../src/server/admin/resources/request-view.ts';
import type { routeView } from '../../../src/server/admin/resources/route-view.ts';
import type { upstreamDetail, upstreamStatus } from '../../../src/server/admin/resources/upstream-view.ts';

/** What the admin API answers, by the schemas that make its OpenAPI document. Types only: nothing of it is bundled. */

export type { Session } from '../../../src/server/admin/resources/session.ts';

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

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}
