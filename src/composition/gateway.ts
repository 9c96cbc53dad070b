import { hostname } from 'node:os';
import { BurstDesk } from '../caller/burst-desk.ts';
import { CallDesk } from '../caller/call-desk.ts';
import { type LoadedConfig, type LoadOptions, loadConfig, type Setting } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { agreementOf } from '../fleet/agreement.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Ledger } from '../ledger/contracts.ts';
import { ledgerAt } from '../ledger/open-ledger.ts';
import { LedgerUpkeep } from '../ledger/upkeep.ts';
import { createAdminApp } from '../server/admin/app.ts';
import type { LiveFeed } from '../server/admin/live/live-feed.ts';
import { AdminPlane } from '../server/admin/plane.ts';
import type { ConfigReload, ProcessFacts, Readiness } from '../server/admin/ports.ts';
import { DataPlane } from '../server/data-plane.ts';
import { Edge } from '../server/edge.ts';
import { ownPages } from '../server/pages.ts';
import { RequestIds } from '../server/request-id.ts';
import type { Clock } from '../shared/clock.ts';
import { addressSet } from '../shared/ip.ts';
import { maskNumbers } from '../shared/mask-numbers.ts';
import type { Random } from '../shared/random.ts';
import type { StateStatus } from '../state/fleet-contract.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { UsageFlusher } from '../usage/flush.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { adminPorts } from './admin-ports.ts';
import { clientNames } from './client-names.ts';
import type { HotState } from './hot-state.ts';
import { hotStateOf } from './hot-state-of.ts';
import { LedgerWatch } from './ledger-watch.ts';
import { LiveParts } from './live-parts.ts';
import { changesBetween } from './reload.ts';
import { RouteFactory } from './routes.ts';
import { RulesInForce } from './rules-in-force.ts';
import { StateWatch } from './state-watch.ts';
import { UpstreamSet } from './upstream-set.ts';
import type { UpstreamParts } from './upstreams.ts';

export interface GatewayOptions {
  readonly loaded: LoadedConfig;
  /** How the configuration was loaded, for loading it again. */
  readonly source: LoadOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** Where upstreams that say `sandbox:` lead; needed when one does. */
  readonly sandboxUrl?: string | undefined;
  /** Whether the calls that limits count are written down for the process after this one. */
  readonly remember: boolean;
  /** Folder of the built dashboard, which may not be there yet; absent: there is none. */
  readonly dashboardFolder?: string | undefined;
  /** One of several processes that share the port of the data plane; one of them has the admin API. */
  readonly among?: { readonly admin: boolean } | undefined;
}

/** How long the last flush may take when the process ends. */
const LAST_FLUSH_MS = 5_000;

/** A gateway from its configuration: every part is made and wired here. Nothing listens before `start`. */
export class Gateway {
  private readonly options: GatewayOptions;
  private loaded: LoadedConfig;
  private readonly recorder = new UsageRecorder();
  private readonly ledger: Ledger;
  private readonly upkeep: LedgerUpkeep;
  private readonly flusher: UsageFlusher;
  private readonly state: HotState;
  private readonly rules: RulesInForce;
  private readonly upstreams: UpstreamSet;
  private readonly live: LiveParts;
  private readonly fleet: Fleet;
  private readonly feed: LiveFeed;
  private readonly bursts: BurstDesk;
  private readonly calls: CallDesk;
  private readonly ledgerWatch: LedgerWatch;
  private readonly routes: RouteFactory;
  private readonly edge: Edge;
  private readonly dataPlane: DataPlane;
  /** Undefined: another process of this machine has it. */
  private readonly adminPlane: AdminPlane | undefined;
  /** Wall-clock ms, for people. */
  private readonly startedAtMs: number;
  private readonly stops: Array<() => void> = [];

  /** Throws when a file that the configuration names cannot be read. */
  constructor(options: GatewayOptions) {
    const { clock, random, log, remember } = options;
    const { config } = options.loaded;
    this.options = options;
    this.loaded = options.loaded;
    this.startedAtMs = clock.wallNow();
    const state = hotStateOf({ clock, random, log, config, remember });
    this.state = state;
    this.ledger = ledgerAt(config.ledger);
    this.upkeep = new LedgerUpkeep({
      clock,
      random,
      log,
      ledger: this.ledger,
      retention: config.usage.retention,
      turn: state.registry,
    });
    this.flusher = this.buildFlusher(config);
    this.upstreams = new UpstreamSet({
      clock,
      log,
      state,
      sandboxUrl: options.sandboxUrl,
      onGateEvent: (name, event) => this.live.noteGate(name, event),
      counters: state.status().kind === 'memory' ? undefined : (name, own) => this.fleet.counters(name, own),
    });
    this.live = new LiveParts({
      clock,
      random,
      recorder: this.recorder,
      nameClient: clientNames(config),
      upstreams: this.upstreams.ports,
      state,
    });
    this.fleet = this.live.fleet;
    this.ledgerWatch = new LedgerWatch({
      clock,
      flusher: this.flusher,
      upkeep: this.upkeep,
      timeline: this.live.timeline,
    });
    this.bursts = new BurstDesk({ clock, random, url: () => this.url, sandboxUrl: options.sandboxUrl });
    this.calls = new CallDesk({ clock, random });
    state.access.replaceRules(config.rules);
    this.rules = new RulesInForce({
      clock,
      store: this.ledger.rules,
      file: () => this.loaded.config.rules,
      replace: (rules) => state.access.replaceRules(rules),
      log,
    });
    const accessLog =
      config.log.access === 'off' ? undefined : new AccessLog(log, clock, config.log.access === 'all');
    this.routes = new RouteFactory(
      {
        clock,
        random,
        recorder: this.recorder,
        ledger: this.flusher,
        tail: this.live.tail,
        reporter: accessLog,
        access: state.access,
        cache: state.cache,
        sharedCalls: state.sharedCalls,
        flights: state.flights,
      },
      this.recorder,
      state,
    );
    this.upstreams.begin(config);
    this.edge = new Edge({
      clock,
      ids: new RequestIds(random),
      routes: this.routes.build(config, this.upstreams.parts),
      recorder: this.recorder,
      ledger: this.flusher,
      tail: this.live.tail,
      pages: ownPages({
        readiness: () => this.readiness(),
        metrics: createMetrics({
          recorder: this.recorder,
          gates: () => [...this.upstreams.parts].map(([name, { gate }]) => [name, gate] as const),
          cache: () => state.cache.stats(),
          draining: () => this.edge.draining,
          state: () => state.status(),
          nodes: () => state.registry.size,
          fleet: async () => (state.status().kind === 'memory' ? undefined : this.fleet.totals()),
          sharing: () => state.sharing(),
        }),
      }),
      trustedProxies: addressSet(config.clients.trustProxies),
      onRefusal: (error, requestId, sample) => accessLog?.refusal(error, requestId, sample),
    });
    this.dataPlane = new DataPlane({
      clock,
      edge: this.edge,
      recorder: this.recorder,
      listen: config.listen,
      sharesPort: options.among !== undefined,
      graceMs: config.shutdown.graceMs,
      close: () => this.upstreams.close(),
    });
    const facts = { version: options.version, environment: config.environment, startedAtMs: clock.now() };
    const stateWatch = new StateWatch(() => state.status(), this.live.timeline);
    this.feed = this.live.feed({
      process: facts,
      cache: () => state.cache.stats(),
      maxCacheBytes: config.cache.maxSizeBytes,
      deniedClients: () => state.access.snapshot().denied,
      ledger: () => this.ledgerWatch.status(),
      readiness: () => this.readiness(),
      burst: () => this.bursts.current(),
      look: () => {
        this.ledgerWatch.look();
        stateWatch.look();
      },
    });
    this.adminPlane = options.among?.admin === false ? undefined : this.buildAdmin(config, facts);
  }

  get url(): string {
    return this.dataPlane.url;
  }

  /** Undefined: another process of this machine has the admin API. */
  get adminUrl(): string | undefined {
    return this.adminPlane?.url;
  }

  /** Where hot state is, and whether it can be reached. */
  get stateStatus(): StateStatus {
    return this.state.status();
  }

  get inFlight(): number {
    return this.dataPlane.inFlight;
  }

  /** Listens once the stored rules are in force, or the ledger has turned out to be away. */
  async start(): Promise<void> {
    let applied: Promise<void> | undefined;
    const ready = this.state.ready();
    await this.upkeep.start(() => {
      applied = this.applyRules();
    });
    await Promise.all([applied, ready]);
    const stopHearing = this.state.ruleRevisions?.onChange(() => void this.rules.look());
    if (stopHearing !== undefined) this.stops.push(stopHearing);
    this.dataPlane.start();
    try {
      this.adminPlane?.start();
    } catch (error) {
      await this.dataPlane.stop();
      throw Object.assign(error as Error, { plane: 'admin' });
    }
    this.flusher.start();
    this.live.timeline.note({ kind: 'started', facts: { version: this.options.version } });
    this.introduce();
    this.live.sampler.start();
  }

  drain(signal?: AbortSignal): Promise<number> {
    // Calls of our own are not worth waiting for.
    void this.bursts.close();
    this.calls.close();
    return this.dataPlane.drain(signal);
  }

  /** Ends everything, after what was recorded has been written. */
  async stop(): Promise<void> {
    await this.bursts.close();
    this.calls.close();
    await this.dataPlane.stop();
    this.live.sampler.stop();
    this.feed.close();
    await this.adminPlane?.stop();
    for (const stop of this.stops) stop();
    this.rules.close();
    if (!(await this.flusher.close(LAST_FLUSH_MS))) {
      const { pendingCommands } = this.flusher.status();
      this.options.log.error(
        { requests: pendingCommands },
        'usage was lost: the ledger did not take it in time',
      );
    }
    await this.upkeep.close();
    await this.ledger.close().catch(() => {});
    await this.fleet.leave();
    this.state.close();
  }

  /** Tells the other processes what this one is, by the configuration in force. */
  private introduce(): void {
    const { version } = this.options;
    const { url, adminUrl, startedAtMs } = this;
    const facts = { host: hostname(), pid: process.pid, version, startedAtMs, url, adminUrl };
    this.fleet.introduce(facts, agreementOf(this.loaded.config));
  }

  /** What goes wrong is told there, and tried again. */
  private async applyRules(): Promise<void> {
    await this.rules.apply().catch(() => {});
  }

  private buildFlusher(config: Config): UsageFlusher {
    const { clock, random, log } = this.options;
    return new UsageFlusher({
      clock,
      sink: this.ledger.usage,
      // Never used again, not even by this machine's next process with the same number.
      node: `${process.pid}-${clock.wallNow().toString(36)}-${Math.floor(random.next() * 2 ** 32).toString(36)}`,
      intervalMs: config.usage.flushIntervalMs,
      nameClient: clientNames(config),
      namePath: maskNumbers,
      log,
    });
  }

  private buildAdmin({ admin }: Config, facts: ProcessFacts): AdminPlane {
    const { clock, random, log, dashboardFolder } = this.options;
    const ports = adminPorts({
      clock,
      random,
      process: facts,
      recorder: this.live.recorder,
      upstreams: this.upstreams.ports,
      access: this.state.access,
      loaded: () => this.loaded,
      ledgerStore: this.ledger,
      state: this.state,
      liveParts: this.live,
      live: this.feed,
      bursts: this.bursts,
      calls: this.calls,
      applyRules: async () => {
        // Others are told even if the ledger is away for this one just now: the change is made.
        await this.rules.apply().finally(() => this.state.ruleRevisions?.publish());
      },
      reload: () => this.reload(),
      ledger: () => this.ledgerWatch.status(),
      readiness: () => this.readiness(),
      dataPlaneUrl: () => this.url,
      onDefect: (error, requestId) =>
        log.error({ err: error, request_id: requestId }, 'admin request failed'),
    });
    const site = { basePath: admin.basePath, ...(dashboardFolder === undefined ? {} : { dashboardFolder }) };
    return new AdminPlane({ app: createAdminApp(ports, site), listen: admin.listen });
  }

  private async reload(): Promise<ConfigReload> {
    const loaded = loadConfig(this.options.source);
    if ('problems' in loaded) return this.rejected(loaded.problems);
    const changes = changesBetween(this.loaded, loaded);
    let built: Map<string, UpstreamParts>;
    try {
      built = this.upstreams.next(loaded.config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const place = { file: this.options.source.file, line: undefined, column: undefined };
      return this.rejected([{ ...place, path: 'upstreams', message, hint: undefined }]);
    }
    const routes = this.routes.build(loaded.config, built);
    const retire = this.upstreams.adopt(built);
    this.edge.configure({ routes, trustedProxies: addressSet(loaded.config.clients.trustProxies) });
    retire();
    const settings = new Map(loaded.settings);
    // What needs a restart is not in force yet, and is told again by the next reload.
    for (const path of changes.restart) keep(settings, path, this.loaded.settings.get(path));
    this.loaded = { ...loaded, settings };
    this.introduce();
    await this.applyRules();
    this.options.log.info({ ...changes }, 'configuration reloaded');
    const { applied, restart } = changes;
    this.live.timeline.note({ kind: 'reload', facts: { applied: applied.length, restart: restart.length } });
    return { kind: 'applied', ...changes, warnings: loaded.warnings };
  }

  private rejected(problems: readonly Problem[]): ConfigReload {
    this.live.timeline.note({ kind: 'reload', facts: { problems: problems.length } });
    return { kind: 'rejected', problems };
  }

  private readiness(): Readiness {
    if (this.edge.draining) return { kind: 'unready', reasons: ['draining'] };
    const state = this.state.status();
    const reasons = [
      ...(state.kind === 'redis' && !state.up ? ['state_unavailable'] : []),
      ...(this.ledgerWatch.status().kind === 'ok' ? [] : ['ledger_unavailable']),
    ];
    return reasons.length === 0 ? { kind: 'ready' } : { kind: 'degraded', reasons };
  }
}

function keep(settings: Map<string, Setting>, path: string, setting: Setting | undefined): void {
  if (setting === undefined) settings.delete(path);
  else settings.set(path, setting);
}
