import { BurstDesk } from '../../caller/burst-desk.ts';
import { CallDesk } from '../../caller/call-desk.ts';
import type { RouteConfig } from '../../config/schema.ts';
import type { FleetView } from '../../fleet/fleet.ts';
import { fleetTotals } from '../../fleet/fleet-totals.ts';
import type {
  AuditEntry,
  AuditFact,
  AuditQuery,
  UsageAnswer,
  UsageQuery,
  UsageRow,
} from '../../ledger/contracts.ts';
import { RequestTail } from '../../live/request-tail.ts';
import { LiveSampler } from '../../live/sampler.ts';
import { Timeline } from '../../live/timeline.ts';
import type { AccessRule } from '../../policies/access/rule.ts';
import { maskNumbers } from '../../shared/mask-numbers.ts';
import { seededRandom } from '../../shared/random.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { newCacheCounters } from '../../state/cache-contract.ts';
import type { GateSettings, Ticket, Urgency } from '../../state/contracts.ts';
import type { StateServer, StateStatus } from '../../state/fleet-contract.ts';
import { MemoryAccessControl } from '../../state/memory/access-control.ts';
import { MemoryGate } from '../../state/memory/gate.ts';
import { UsageRecorder } from '../../usage/recorder.ts';
import { type AdminApp, createAdminApp } from './app.ts';
import type { TokenSettings } from './guard/tokens.ts';
import { EventReader } from './live/event-reader.fixture.ts';
import { LiveFeed } from './live/live-feed.ts';
import { notedRules } from './noted-rules.ts';
import { operations } from './operations.ts';
import type {
  AdminPorts,
  ConfigEntry,
  ConfigReload,
  LedgerStatus,
  Readiness,
  UpstreamPort,
} from './ports.ts';
import { readRuleDocument } from './resources/rule-document.ts';
import { MemoryRuleStore } from './rule-store.fixture.ts';

/** Admin ports in memory, for tests: real gates and rules, and a ledger that behaves like one. */

export const PORT = 8001;
export const LOCAL = { address: '127.0.0.1', port: PORT };

const PROCESS = { version: '0.1.0', environment: 'test', startedAtMs: 4_000 };
const cacheStats = () => ({ ...newCacheCounters(), hits: 5, entries: 2, bytes: 300 });

class LedgerAway extends Error {
  readonly code = 'ledger_unavailable';
}

/** A real gate, with calls that want to go. */
export class TestGate extends MemoryGate {
  /** What those who waited were told. */
  readonly told: string[] = [];

  constructor(
    private readonly time: VirtualClock,
    settings: GateSettings,
  ) {
    super({ clock: time, settings });
  }

  /** A call that goes at once, or waits. */
  call(id: string, client = 'c', urgency: Urgency = 3): void {
    const grant = this.enter(this.ticket(id, client, urgency));
    if (grant instanceof Promise)
      grant.catch((error: { code?: string }) => this.told.push(`${id} ${error.code}`));
    else grant.sent();
  }

  /** Calls that fail, one after the other. */
  fail(times: number): void {
    for (let index = 0; index < times; index++) {
      const grant = this.enter(this.ticket(`f${index}`, 'c', 3));
      if (grant instanceof Promise) throw new Error('the call had to wait');
      grant.end('failure');
      this.time.advance(2_000);
    }
  }

  private ticket(id: string, client: string, urgency: Urgency): Ticket {
    const now = this.time.now();
    return { id, client, urgency, arrivedAtMs: now, deadlineMs: now + 600_000, cost: 1 };
  }
}

export const PACED: GateSettings = {
  limits: [{ rate: { count: 1, windowMs: 1_000 }, even: false, guardMs: 20 }],
  concurrency: undefined,
  queue: { policy: 'priority', agingMs: 30_000, maxSize: 100, weights: {} },
  breaker: {
    consecutive: 3,
    failureRate: undefined,
    slowCalls: undefined,
    openForMs: 30_000,
    probes: 1,
    probeTimeoutMs: 10_000,
  },
};

const UNPACED: GateSettings = { ...PACED, limits: [], breaker: undefined };

export class Fixture {
  readonly clock = new VirtualClock(10_000);
  readonly recorder = new UsageRecorder();
  readonly score = new TestGate(this.clock, PACED);
  readonly free = new TestGate(this.clock, UNPACED);
  readonly access = new MemoryAccessControl({ clock: this.clock });
  readonly store = new MemoryRuleStore((fact) => this.writeAudit(fact));
  readonly defects: unknown[] = [];
  readonly audit: AuditEntry[] = [];
  readonly purged: (string | undefined)[] = [];
  readonly timeline = new Timeline({ clock: this.clock, mask: maskNumbers });
  readonly tail = new RequestTail({
    clock: this.clock,
    mask: maskNumbers,
    nameClient: maskNumbers,
    size: 50,
  });
  /** To be started by whoever wants frames. */
  readonly sampler: LiveSampler;
  readonly feed: LiveFeed;
  /** As in `ports`; may be changed, as a reload does. */
  readonly upstreams: Map<string, UpstreamPort>;
  routes: readonly RouteConfig[] = [];
  /** Nobody listens there. */
  dataPlaneUrl = 'http://127.0.0.1:9';
  readonly app: AdminApp;
  readonly ports: AdminPorts;
  ledgerAway = false;
  /** The database goes away between a change of rules and reading them. */
  applyAway = false;
  fileRules: AccessRule[] = [];
  configEntries: ConfigEntry[] = [];
  reload: ConfigReload = { kind: 'applied', applied: [], restart: [], warnings: [] };
  usageQueries: UsageQuery[] = [];
  usageAnswer: (query: UsageQuery) => Promise<UsageAnswer> = async ({ fromMs, toMs }) =>
    answerOf(fromMs, toMs, []);
  ledgerStatus: LedgerStatus = { kind: 'ok', pendingRows: 0 };
  readiness: Readiness = { kind: 'ready' };
  stateStatus: StateStatus = { kind: 'memory' };
  stateServer: StateServer | undefined;
  fleetSummary = { nodes: 1, drift: false };
  fleetView: FleetView = { nodes: [], drift: [], totals: fleetTotals([]) };
  /** What the fleet was asked for, in order. */
  readonly fleetAsked: string[] = [];

  constructor(tokens: TokenSettings = { operator: undefined, viewer: undefined }) {
    const guardMs = (windowMs: number) => Math.max(2, windowMs * 0.02);
    this.upstreams = new Map([
      ['score', { url: 'sandbox:', paced: true, gate: this.score, maxWaitMs: 60_000, guardMs }],
      ['free', { url: 'http://127.0.0.1:9', paced: false, gate: this.free, maxWaitMs: 60_000, guardMs }],
    ]);
    const { clock, recorder } = this;
    this.sampler = new LiveSampler({
      clock,
      recorder,
      gates: () => [...this.upstreams].map(([name, { gate }]) => [name, gate] as const),
    });
    this.feed = this.feedOf();
    this.ports = this.portsWith(tokens);
    this.app = createAdminApp(this.ports);
  }

  /** One request, its answer, and proof that the OpenAPI document tells of that answer. */
  async call(method: string, path: string, init: CallInit = {}): Promise<Answer> {
    const headers = new Headers({ Host: `127.0.0.1:${PORT}`, ...init.headers });
    const body =
      init.body === undefined || typeof init.body === 'string' ? init.body : JSON.stringify(init.body);
    if (body !== undefined && !headers.has('content-type')) headers.set('Content-Type', 'application/json');
    if (init.token !== undefined) headers.set('Authorization', `Bearer ${init.token}`);
    const request = new Request(`http://127.0.0.1:${PORT}/api/v1${path}`, {
      method,
      headers,
      body: body ?? null,
    });
    const connection = { ...LOCAL, address: init.address ?? LOCAL.address };
    return readAnswer(method, path, await this.app.fetch(request, connection));
  }

  inForce(): AccessRule[] {
    const stored = this.store.current().map(({ document }) => {
      const read = readRuleDocument(document);
      if (!read.success) throw new Error(`stored a rule that cannot be read: ${document.id}`);
      return read.data;
    });
    return [...this.fileRules, ...stored];
  }

  private feedOf(): LiveFeed {
    const { clock, recorder, sampler, timeline, upstreams } = this;
    return new LiveFeed({
      clock,
      recorder,
      sampler,
      timeline,
      upstreams,
      boot: 'abc123',
      process: PROCESS,
      cache: cacheStats,
      maxCacheBytes: 1_000,
      deniedClients: () => this.access.denied().length,
      ledger: () => this.ledgerStatus,
      readiness: () => this.readiness,
      hotState: () => this.stateStatus,
      nodes: () => this.fleetSummary.nodes,
      drift: () => this.fleetSummary.drift,
      burst: () => this.ports.bursts.current(),
    });
  }

  private portsWith(tokens: TokenSettings): AdminPorts {
    const random = seededRandom(1);
    const url = () => this.dataPlaneUrl;
    return {
      clock: this.clock,
      random,
      tokens,
      process: PROCESS,
      recorder: this.recorder,
      upstreams: this.upstreams,
      access: this.access,
      rules: {
        store: notedRules(this.store, this.timeline),
        file: () => this.fileRules,
        apply: async () => {
          if (this.applyAway) throw new LedgerAway('the database is away');
          this.access.replaceRules(this.inForce());
        },
      },
      audit: {
        append: async (fact) => this.writeAudit(fact),
        list: async (query) => this.readAudit(query),
      },
      usage: {
        query: (query) => {
          this.usageQueries.push(query);
          return this.usageAnswer(query);
        },
      },
      cache: {
        stats: cacheStats,
        routes: () => ['/proxy/score'],
        purge: (route) => {
          this.purged.push(route);
          return 2;
        },
      },
      config: { entries: () => this.configEntries, reload: async () => this.reload },
      ledger: () => this.ledgerStatus,
      readiness: () => this.readiness,
      routes: () => this.routes,
      dataPlaneUrl: url,
      live: this.feed,
      fleet: {
        self: 'n1',
        name: 'comporta',
        status: () => this.stateStatus,
        server: async () => this.stateServer,
        view: async () => this.fleetView,
        refresh: async () => void this.fleetAsked.push('refresh'),
        prepare: async () => void this.fleetAsked.push('prepare'),
      },
      tail: this.tail,
      timeline: this.timeline,
      bursts: new BurstDesk({ clock: this.clock, random, url }),
      calls: new CallDesk({ clock: this.clock, random }),
      onDefect: (error) => void this.defects.push(error),
    };
  }

  private writeAudit(fact: AuditFact): void {
    if (this.ledgerAway) throw new LedgerAway('the database is away');
    this.audit.unshift({ ...fact, id: this.audit.length + 1 });
  }

  private readAudit({ limit = 100, beforeId, ...exact }: AuditQuery): AuditEntry[] {
    if (this.ledgerAway) throw new LedgerAway('the database is away');
    return this.audit
      .filter(
        (one) =>
          (beforeId === undefined || one.id < beforeId) &&
          (['subject', 'action', 'actor'] as const).every(
            (name) => exact[name] === undefined || one[name] === exact[name],
          ),
      )
      .slice(0, limit);
  }
}

export interface CallInit {
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly address?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came; its form was checked against the document
  readonly json: any;
}

async function readAnswer(method: string, path: string, response: Response): Promise<Answer> {
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) return firstEvent(method, path, response);
  const text = await response.text();
  const json: unknown = /json$/.test(type) && text !== '' ? JSON.parse(text) : undefined;
  if (response.status < 300) checkDocumented(method, path, response, json);
  return { status: response.status, headers: response.headers, text, json };
}

/** A stream does not end by itself: its first event stands for it. */
async function firstEvent(method: string, path: string, response: Response): Promise<Answer> {
  const reader = new EventReader(response);
  const first = await reader.next();
  await reader.leave();
  if (first === undefined) throw new Error(`${method} ${path}: the stream has no event`);
  checkDocumented(method, path, response, first.data, first.event);
  return { status: response.status, headers: response.headers, text: first.text, json: first.data };
}

function checkDocumented(
  method: string,
  path: string,
  response: Response,
  json: unknown,
  event?: string,
): void {
  const [pathname = ''] = path.split('?');
  const operation = operations.find(
    ({ document }) =>
      document.method === method &&
      new RegExp(`^${document.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  );
  if (operation === undefined) return;
  const answer = operation.document.answers.find(({ status }) => status === response.status);
  if (answer === undefined) throw new Error(`${method} ${path}: ${response.status} is not documented`);
  const schema = event === undefined ? answer.schema : answer.events?.[event];
  if (json === undefined || schema === undefined) return;
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Error(`${method} ${path} is not as documented: ${parsed.error.message}`);
}

export function answerOf(fromMs: number, toMs: number, rows: readonly UsageRow[]): UsageAnswer {
  return {
    kind: 'rows',
    fromMs,
    toMs,
    rows: (async function* () {
      yield* rows;
    })(),
  };
}

const LATENCY = { count: 2, averageMs: 1.5, p50Ms: 1, p95Ms: 2, p99Ms: 2 };

export function usageRow(row: Partial<UsageRow>): UsageRow {
  return {
    startMs: undefined,
    group: {},
    count: 2,
    errors: 1,
    refused: 1,
    hits: 0,
    bytes: 10,
    total: LATENCY,
    queue: undefined,
    upstream: undefined,
    ...row,
  };
}
