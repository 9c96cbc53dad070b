import type { BurstDesk } from '../../caller/burst-desk.ts';
import type { CallDesk } from '../../caller/call-desk.ts';
import type { Problem } from '../../config/problem.ts';
import type { RouteConfig } from '../../config/schema.ts';
import type { FleetView } from '../../fleet/fleet.ts';
import type { AuditLog, JsonValue, RuleStore, UsageStore } from '../../ledger/contracts.ts';
import type { RequestTail } from '../../live/request-tail.ts';
import type { Timeline } from '../../live/timeline.ts';
import type { AccessRule } from '../../policies/access/rule.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import type { AccessControl } from '../../state/access-contract.ts';
import type { CacheStats } from '../../state/cache-contract.ts';
import type { Gate, GateCounters } from '../../state/contracts.ts';
import type { StateServer, StateStatus } from '../../state/fleet-contract.ts';
import type { UsageRecorder } from '../../usage/recorder.ts';
import type { TokenSettings } from './guard/tokens.ts';
import type { LiveFeed } from './live/live-feed.ts';

/**
 * All that the admin API knows of the gateway. It holds no adapter: the composition root gives it these, and tests
 * give it others.
 */
export interface AdminPorts {
  readonly clock: Clock;
  /** For request ids. */
  readonly random: Random;
  readonly tokens: TokenSettings;
  readonly process: ProcessFacts;
  /** The counters that `/metrics` shows; in sum those of the whole fleet. */
  readonly recorder: Pick<UsageRecorder, 'totals' | 'inFlight' | 'all'>;
  /** By name, in the order of the configuration. */
  readonly upstreams: ReadonlyMap<string, UpstreamPort>;
  readonly access: Pick<AccessControl, 'test' | 'denied' | 'lift' | 'counters'>;
  readonly rules: RulesPort;
  readonly audit: Pick<AuditLog, 'append' | 'list'>;
  readonly usage: Pick<UsageStore, 'query'>;
  readonly cache: CachePort;
  readonly config: ConfigPort;
  readonly ledger: () => LedgerStatus;
  readonly readiness: () => Readiness;
  /** As configured, in their order. */
  readonly routes: () => readonly RouteConfig[];
  /** Where this machine reaches the data plane; known once it listens. */
  readonly dataPlaneUrl: () => string;
  readonly live: Pick<LiveFeed, 'open'>;
  readonly fleet: FleetPort;
  readonly tail: Pick<RequestTail, 'page'>;
  readonly timeline: Pick<Timeline, 'note'>;
  readonly bursts: BurstDesk;
  /** Single requests of the playground. */
  readonly calls: Pick<CallDesk, 'follow'>;
  /** An answer of 500, or a change that could not be written to the audit log yet: for the log. */
  readonly onDefect: (error: unknown, requestId: string) => void;
}

export interface ProcessFacts {
  /** Of the package. */
  readonly version: string;
  /** What the operator calls this installation, such as `production`; undefined: nothing. */
  readonly environment: string | undefined;
  /** Monotonic ms. */
  readonly startedAtMs: number;
}

export interface UpstreamPort {
  /** As configured: `sandbox:` or a URL. */
  readonly url: string;
  /**
   * Whether it was started with limits or a bound of calls in flight, so that its calls go out on connections that
   * stand ready. Only then can strict limits hold, and limits be set while running.
   */
  readonly paced: boolean;
  readonly gate: ControlledGate;
  /** How long a request may wait for it. */
  readonly maxWaitMs: number;
  /** What all nodes have counted together; absent: the gate's own counters are all. */
  readonly counters?: ((own: GateCounters) => GateCounters) | undefined;
  /** The configured guard, for a limit with a window of so many ms. */
  guardMs(windowMs: number): number;
}

/** What operators ask of a gate. */
export type ControlledGate = Omit<Gate, 'enter' | 'estimate' | 'close'>;

/** The processes that share this one's state. */
export interface FleetPort {
  /** This process among them. */
  readonly self: string;
  readonly name: string;
  status(): StateStatus;
  /** What the server of the shared state says; undefined: there is none, or it does not answer. */
  server(): Promise<StateServer | undefined>;
  /** Everybody, with what differs; this process alone while nobody can be asked. Never rejects. */
  view(): Promise<FleetView>;
  /** Makes what `recorder` and `counters` tell that of the whole fleet, as of now. Never rejects. */
  refresh(): Promise<void>;
  /** Makes the last minute of the live feed that of the whole fleet. Never rejects. */
  prepare(): Promise<void>;
}

export interface RulesPort {
  readonly store: Omit<RuleStore, 'revision'>;
  /** Rules of the configuration file, which are read-only here. */
  file(): readonly AccessRule[];
  /**
   * Puts the stored rules in force, beside those of the file; resolves when the next request meets them. Called after
   * every change that the store has taken, by several requests at a time. Should the store not answer just then, it
   * has to try again by itself: the change is made.
   */
  apply(): Promise<void>;
}

export interface CachePort {
  stats(): CacheStats | Promise<CacheStats>;
  /** Paths of the routes that have a cache, as configured. */
  routes(): readonly string[];
  /** Forgets what is stored for a route (absent: everything), and says how many keys it was. */
  purge(route?: string): number | Promise<number>;
}

/** One value in force. */
export interface ConfigEntry {
  /** Such as `upstreams.score.timeout`. */
  readonly path: string;
  /** In the file’s terms (`10s`); undefined: not set. */
  readonly value: JsonValue | undefined;
  readonly secret: boolean;
  readonly origin: { readonly kind: 'flag' | 'env' | 'file' | 'default'; readonly where: string };
}

export interface ConfigPort {
  entries(): readonly ConfigEntry[];
  /** Reads the file again, and puts in force what may change while running. */
  reload(): Promise<ConfigReload>;
}

export type ConfigReload =
  | {
      readonly kind: 'applied';
      /** Paths of the values that changed and are in force. */
      readonly applied: readonly string[];
      /** Paths of the values that changed and need a restart. */
      readonly restart: readonly string[];
      readonly warnings: readonly Problem[];
    }
  | { readonly kind: 'rejected'; readonly problems: readonly Problem[] };

export type LedgerStatus =
  | { readonly kind: 'ok'; readonly pendingRows: number }
  | {
      readonly kind: 'degraded';
      /** What waits in memory until the database is back. */
      readonly pendingRows: number;
      /** Monotonic ms. */
      readonly sinceMs: number;
      readonly reason: string;
    };

export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'degraded' | 'unready'; readonly reasons: readonly string[] };
