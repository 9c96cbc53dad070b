import { BurstDesk } from '../caller/burst-desk.ts';
import { CallDesk } from '../caller/call-desk.ts';
import { type LoadedConfig, type LoadOptions, loadConfig, type Setting } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { guardMs } from '../config/schema/upstream.ts';
import type { Config } from '../config/schema.ts';
import { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { Ledger } from '../ledger/contracts.ts';
import { ledgerAt } from '../ledger/open-ledger.ts';
import { LedgerUpkeep } from '../ledger/upkeep.ts';
import { createAdminApp } from '../server/admin/app.ts';
import type { LiveFeed } from '../server/admin/live/live-feed.ts';
import { AdminPlane } from '../server/admin/plane.ts';
import type { ConfigReload, ProcessFacts, Readiness, UpstreamPort } from '../server/admin/ports.ts';
import { DataPlane } from '../server/data-plane.ts';
import { Edge } from '../server/edge.ts';
import { ownPages } from '../server/pages.ts';
import { RequestIds } from '../server/request-id.ts';
import type { Clock } from '../shared/clock.ts';
import { addressSet } from '../shared/ip.ts';
import { maskNumbers } from '../shared/mask-numbers.ts';
import type { Random } from '../shared/random.ts';
import { MemoryAccessControl } from '../state/memory/access-control.ts';
import { MemoryCache } from '../state/memory/cache.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { UsageFlusher } from '../usage/flush.ts';
import { UsageRecorder } from '../usage/recorder.ts';
import { adminPorts } from './admin-ports.ts';
import { clientNames } from './client-names.ts';
import { LedgerWatch } from './ledger-watch.ts';
import { LiveParts } from './live-parts.ts';
import { changesBetween } from './reload.ts';
import { RouteFactory } from './routes.ts';
import { RulesInForce } from './rules-in-force.ts';
import {
  buildUpstream,
  closeUpstream,
  gateSettings,
  isPaced,
  reconfigured,
  retireUpstream,
  type UpstreamNeeds,
  type UpstreamParts,
} from './upstreams.ts';

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
  private readonly access: MemoryAccessControl;
  private readonly rules: RulesInForce;
  private readonly cache: MemoryCache;
  private readonly upstreams: Map<string, UpstreamParts>;
  /** The same upstreams, as the admin API sees them. */
  private readonly ports = new Map<string, UpstreamPort>();
  private readonly live: LiveParts;
  private readonly feed: LiveFeed;
  private readonly bursts: BurstDesk;
  private readonly calls: CallDesk;
  private readonly ledgerWatch: LedgerWatch;
  private readonly routes: RouteFactory;
  private readonly edge: Edge;
  private readonly dataPlane: DataPlane;
  private readonly adminPlane: AdminPlane;

  /** Throws when a file that the configuration names cannot be read. */
  constructor(options: GatewayOptions) {
    const { clock, random, log } = options;
    const { config } = options.loaded;
    this.options = options;
    this.loaded = options.loaded;
    this.ledger = ledgerAt(config.ledger);
    this.upkeep = new LedgerUpkeep({
      clock,
      random,
      log,
      ledger: this.ledger,
      retention: config.usage.retention,
    });
    this.flusher = this.buildFlusher(config);
    this.live = new LiveParts({
      clock,
      random,
      recorder: this.recorder,
      nameClient: clientNames(config),
      upstreams: this.ports,
    });
    this.ledgerWatch = new LedgerWatch({
      clock,
      flusher: this.flusher,
      upkeep: this.upkeep,
      timeline: this.live.timeline,
    });
    this.bursts = new BurstDesk({ clock, random, url: () => this.url, sandboxUrl: options.sandboxUrl });
    this.calls = new CallDesk({ clock, random });
    this.access = new MemoryAccessControl({ clock });
    this.access.replaceRules(config.rules);
    this.rules = new RulesInForce({
      clock,
      store: this.ledger.rules,
      file: () => this.loaded.config.rules,
      replace: (rules) => this.access.replaceRules(rules),
      log,
    });
    this.cache = new MemoryCache(config.cache);
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
        access: this.access,
        cache: this.cache,
        sharedCalls: new SharedCalls(),
      },
      this.recorder,
    );
    this.upstreams = new Map(
      Object.entries(config.upstreams).map(([name, upstream]) => [
        name,
        this.buildUpstream(upstream, config),
      ]),
    );
    this.showUpstreams();
    this.edge = new Edge({
      clock,
      ids: new RequestIds(random),
      routes: this.routes.build(config, this.upstreams),
      recorder: this.recorder,
      ledger: this.flusher,
      tail: this.live.tail,
      pages: ownPages({
        readiness: () => this.readiness(),
        metrics: createMetrics({
          recorder: this.recorder,
          gates: () => [...this.upstreams].map(([name, { gate }]) => [name, gate] as const),
          cache: () => this.cache.stats(),
          draining: () => this.edge.draining,
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
      graceMs: config.shutdown.graceMs,
      close: () => this.closeUpstreams(),
    });
    const facts = { version: options.version, environment: config.environment, startedAtMs: clock.now() };
    this.feed = this.live.feed({
      process: facts,
      cache: () => this.cache.stats(),
      maxCacheBytes: config.cache.maxSizeBytes,
      deniedClients: () => this.access.snapshot().denied,
      ledger: () => this.ledgerWatch.status(),
      readiness: () => this.readiness(),
      burst: () => this.bursts.current(),
      look: () => this.ledgerWatch.look(),
    });
    this.adminPlane = this.buildAdmin(config, facts);
  }

  get url(): string {
    return this.dataPlane.url;
  }

  get adminUrl(): string {
    return this.adminPlane.url;
  }

  get inFlight(): number {
    return this.dataPlane.inFlight;
  }

  /** Listens once the stored rules are in force, or the ledger has turned out to be away. */
  async start(): Promise<void> {
    let applied: Promise<void> | undefined;
    await this.upkeep.start(() => {
      applied = this.rules.apply().catch((error) => this.rulesFailed(error));
    });
    await applied;
    this.dataPlane.start();
    try {
      this.adminPlane.start();
    } catch (error) {
      await this.dataPlane.stop();
      throw Object.assign(error as Error, { plane: 'admin' });
    }
    this.flusher.start();
    this.live.timeline.note({ kind: 'started', facts: { version: this.options.version } });
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
    await this.adminPlane.stop();
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
  }

  private buildUpstream(upstream: Config['upstreams'][string], config: Config): UpstreamParts {
    const { clock, log, sandboxUrl, remember } = this.options;
    const onGateEvent: UpstreamNeeds['onGateEvent'] = (name, event) => this.live.noteGate(name, event);
    return buildUpstream(upstream, config, { clock, log, sandboxUrl, remember, onGateEvent });
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
      recorder: this.recorder,
      upstreams: this.ports,
      access: this.access,
      loaded: () => this.loaded,
      ledgerStore: this.ledger,
      cacheStore: this.cache,
      liveParts: this.live,
      live: this.feed,
      bursts: this.bursts,
      calls: this.calls,
      applyRules: () => this.rules.apply(),
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

  private rulesFailed(error: unknown): void {
    this.options.log.error(
      { err: error },
      'the stored rules could not be read; those of the file are in force, and it is tried again',
    );
  }

  private async reload(): Promise<ConfigReload> {
    const loaded = loadConfig(this.options.source);
    if ('problems' in loaded) return this.rejected(loaded.problems);
    const changes = changesBetween(this.loaded, loaded);
    let built: Map<string, UpstreamParts>;
    try {
      built = this.upstreamsOf(loaded.config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const place = { file: this.options.source.file, line: undefined, column: undefined };
      return this.rejected([{ ...place, path: 'upstreams', message, hint: undefined }]);
    }
    const routes = this.routes.build(loaded.config, built);
    const gone = [...this.upstreams].filter(([name]) => !built.has(name));
    for (const [name, { config, gate }] of built) {
      if (this.upstreams.has(name)) gate.configure(gateSettings(config));
    }
    this.upstreams.clear();
    for (const [name, parts] of built) this.upstreams.set(name, parts);
    this.showUpstreams();
    this.edge.configure({ routes, trustedProxies: addressSet(loaded.config.clients.trustProxies) });
    for (const [, parts] of gone) retireUpstream(parts, this.options.clock);
    const settings = new Map(loaded.settings);
    // What needs a restart is not in force yet, and is told again by the next reload.
    for (const path of changes.restart) keep(settings, path, this.loaded.settings.get(path));
    this.loaded = { ...loaded, settings };
    await this.rules.apply().catch((error) => this.rulesFailed(error));
    this.options.log.info({ ...changes }, 'configuration reloaded');
    const { applied, restart } = changes;
    this.live.timeline.note({ kind: 'reload', facts: { applied: applied.length, restart: restart.length } });
    return { kind: 'applied', ...changes, warnings: loaded.warnings };
  }

  private rejected(problems: readonly Problem[]): ConfigReload {
    this.live.timeline.note({ kind: 'reload', facts: { problems: problems.length } });
    return { kind: 'rejected', problems };
  }

  /** The upstreams of another configuration: those that stay keep their gate and their connections. */
  private upstreamsOf(config: Config): Map<string, UpstreamParts> {
    const built = new Map<string, UpstreamParts>();
    try {
      for (const [name, upstream] of Object.entries(config.upstreams)) {
        const old = this.upstreams.get(name);
        built.set(
          name,
          old === undefined ? this.buildUpstream(upstream, config) : reconfigured(old, upstream),
        );
      }
    } catch (error) {
      for (const [name, parts] of built) if (!this.upstreams.has(name)) closeUpstream(parts);
      throw error;
    }
    return built;
  }

  private showUpstreams(): void {
    this.ports.clear();
    for (const [name, { config, gate }] of this.upstreams) {
      this.ports.set(name, {
        url: config.url.kind === 'sandbox' ? 'sandbox:' : config.url.url,
        paced: isPaced(config),
        gate,
        maxWaitMs: config.queue.maxWaitMs,
        guardMs: (windowMs) => guardMs(config.guard, windowMs),
      });
    }
  }

  private closeUpstreams(): void {
    for (const parts of this.upstreams.values()) closeUpstream(parts);
  }

  private readiness(): Readiness {
    if (this.edge.draining) return { kind: 'unready', reasons: ['draining'] };
    const ledger = this.ledgerWatch.status();
    return ledger.kind === 'ok' ? { kind: 'ready' } : { kind: 'degraded', reasons: ['ledger_unavailable'] };
  }
}

function keep(settings: Map<string, Setting>, path: string, setting: Setting | undefined): void {
  if (setting === undefined) settings.delete(path);
  else settings.set(path, setting);
}
