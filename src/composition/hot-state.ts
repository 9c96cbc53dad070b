import type { Config, UpstreamConfig } from '../config/schema.ts';
import type { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { ClientLimitAlgorithm } from '../policies/limiter/client-limit.ts';
import type { Clock } from '../shared/clock.ts';
import type { Random } from '../shared/random.ts';
import type { Rate } from '../shared/units.ts';
import type { AccessControl } from '../state/access-contract.ts';
import type { CacheStats, CacheStore } from '../state/cache-contract.ts';
import type { ClientLimiter, Gate, GateEvent, GateSettings, Lines } from '../state/contracts.ts';
import type { FleetRegistry, StateServer, StateStatus } from '../state/fleet-contract.ts';
import type { SharedFlights } from '../state/flights-contract.ts';
import type { RuleRevisions } from '../state/revisions-contract.ts';
import type { SharingCounts } from '../state/sharing-contract.ts';
import type { Log } from '../telemetry/log.ts';

/** What a gate is made of, whoever else shares it. */
export interface GateParts {
  readonly upstream: UpstreamConfig;
  readonly settings: GateSettings;
  /** Undefined: its calls need no connection that stands ready. */
  readonly lines: Lines | undefined;
  readonly onEvent: (event: GateEvent) => void;
}

export interface ClientLimitParts {
  /** Tells this limit from others, on every node alike. */
  readonly name: string;
  readonly rate: Rate;
  readonly algorithm: ClientLimitAlgorithm;
}

/** What this process keeps is counted without asking anybody. */
interface StatsAtHand {
  stats(): CacheStats;
}

/**
 * All that is remembered between requests, in one place: the memory of this process, or a Redis that the processes of a
 * fleet share. Nothing else in the composition knows which of the two it is.
 */
export interface HotState {
  gate(parts: GateParts): Gate;
  clientLimiter(parts: ClientLimitParts): ClientLimiter;
  readonly access: AccessControl;
  readonly cache: Omit<CacheStore, 'stats'> & StatsAtHand;
  readonly sharedCalls: SharedCalls;
  /** Calls that processes share; undefined: there are no others. */
  readonly flights: SharedFlights | undefined;
  /** This process among the others. */
  readonly registry: FleetRegistry;
  /** How other processes learn that stored rules have changed; undefined: there are none. */
  readonly ruleRevisions: RuleRevisions | undefined;
  status(): StateStatus;
  /** How sharing went at this process; undefined: it shares nothing. */
  sharing(): SharingCounts | undefined;
  /** What the server says of itself; undefined: there is none, or it does not answer. Never rejects. */
  server(): Promise<StateServer | undefined>;
  /** Resolves once it can be used, or it is known that it cannot for now. Never rejects. */
  ready(): Promise<void>;
  /** After the gates were closed and the process has left the fleet. */
  close(): void;
}

export interface HotStateNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly config: Config;
  /** Whether the calls that limits count are written down for the process after this one. */
  readonly remember: boolean;
}

/** Names a process among the nodes; another one after each start, and of letters and digits alone. */
export function nodeId(random: Random): string {
  return Math.floor(random.next() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
}
