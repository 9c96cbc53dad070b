import type { GateCounters, GateRefusal, GateSnapshot } from '../state/contracts.ts';
import { Histogram } from '../usage/histogram.ts';
import type { UsageRecorder } from '../usage/recorder.ts';
import {
  addSparseHistogram,
  countOf,
  parsedRecord,
  recordOf,
  type SparseHistogram,
  sparseHistogram,
  sparseRecord,
} from './sparse-numbers.ts';

/** Of a gate's counters, those that each process counts for itself. */
export type OwnCounters = Pick<GateCounters, 'entered' | 'granted' | 'sent' | 'cancelled' | 'refused'>;

/** How a node stands. Totals are since its start. */
export interface NodeState {
  /** Of the configuration that it has in force. */
  readonly configHash: string;
  readonly requests: number;
  readonly successes: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly running: number;
  /** Requests that ended within its last second. */
  readonly perSecond: number;
  readonly latency: Histogram;
  /** By upstream. */
  readonly gates: ReadonlyMap<string, OwnCounters>;
}

export interface StateFacts {
  readonly configHash: string;
  readonly recorder: Pick<UsageRecorder, 'totals' | 'inFlight'>;
  readonly perSecond: number;
  readonly gates: ReadonlyArray<readonly [name: string, snapshot: GateSnapshot]>;
}

/** Gates that a state tells of: those which were used most. */
const MOST_GATES = 200;

/** How a node stands, as it tells the others. */
export function tellState({ configHash, recorder, perSecond, gates }: StateFacts): string {
  const { total, successes, latency } = recorder.totals();
  const used = gates
    .filter(([, { counters }]) => counters.entered > 0)
    .sort(([, one], [, other]) => other.counters.entered - one.counters.entered)
    .slice(0, MOST_GATES)
    .map(([name, { counters }]) => {
      const { entered, granted, sent, cancelled, refused } = counters;
      return [name, [entered, granted, sent, cancelled, sparseRecord(refused) ?? {}]] as const;
    });
  const own = gates.map(([, snapshot]) => snapshot.own ?? snapshot);
  const told: ToldState = {
    v: configHash,
    n: [
      total,
      successes,
      recorder.inFlight,
      own.reduce((sum, { waiting }) => sum + waiting, 0),
      own.reduce((sum, { running }) => sum + running, 0),
      perSecond,
    ],
    h: sparseHistogram(latency),
    g: Object.fromEntries(used),
  };
  return JSON.stringify(told);
}

/** How a node said that it stands; zeros for what cannot be read. */
export function heardState(text: string): NodeState {
  const told = parsedRecord(text) as Partial<Record<keyof ToldState, unknown>>;
  const numbers = (Array.isArray(told.n) ? told.n : []).map(countOf);
  const [requests = 0, successes = 0, inFlight = 0, waiting = 0, running = 0, perSecond = 0] = numbers;
  const latency = new Histogram();
  addSparseHistogram(latency, told.h);
  const configHash = typeof told.v === 'string' ? told.v.slice(0, 64) : '';
  const gates = new Map(Object.entries(recordOf(told.g)).slice(0, MOST_GATES).map(countersOf));
  return { configHash, requests, successes, inFlight, waiting, running, perSecond, latency, gates };
}

interface ToldState {
  readonly v: string;
  readonly n: readonly number[];
  readonly h: SparseHistogram | undefined;
  readonly g: Readonly<Record<string, readonly unknown[]>>;
}

const REFUSALS: readonly GateRefusal[] = [
  'queue_full',
  'deadline_unmeetable',
  'queue_timeout',
  'circuit_open',
  'upstream_paused',
  'state_unavailable',
];

function countersOf([name, told]: [string, unknown]): [string, OwnCounters] {
  const [entered, granted, sent, cancelled, refusals] = Array.isArray(told) ? told : [];
  const counts = recordOf(refusals);
  const refused = Object.fromEntries(REFUSALS.map((code) => [code, countOf(counts[code])]));
  return [
    name,
    {
      entered: countOf(entered),
      granted: countOf(granted),
      sent: countOf(sent),
      cancelled: countOf(cancelled),
      refused: refused as Record<GateRefusal, number>,
    },
  ];
}
