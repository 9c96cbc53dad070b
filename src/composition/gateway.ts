import { type LoadedConfig, type LoadOptions, loadConfig, type Setting } from '../config/load.ts';
import { isSecretName, withoutCredentials } from '../config/quote.ts';
import { guardMs } from '../config/schema/upstream.ts';
import type { Config } from '../config/schema.ts';
import { SharedCalls } from '../gateway/stages/coalesce.ts';
import type { JsonValue, Ledger } from '../ledger/contracts.ts';
import { ledgerAt } from '../ledger/open-ledger.ts';
import { LedgerUpkeep } from '../ledger/upkeep.ts';
import { createAdminApp } from '../server/admin/app.ts';
import { AdminPlane } from '../server/admin/plane.ts';
import type {
  ConfigEntry,
  ConfigReload,
  LedgerStatus,
  Readiness,
  UpstreamPort,
} from '../server/admin/ports.ts';
import { DataPlane } from '../server/data-plane.ts';
import { Edge } from '../server/edge.ts';
import { ownPages } from '../server/pages.ts';
import { RequestIds } from '../server/request-id.ts';
import type { Clock } from '../shared/clock.ts';
import { addressSet, canonicalIp } from '../shared/ip.ts';
import type { Random } from '../shared/random.ts';
import { MemoryAccessControl } from '../state/memory/access-control.ts';
import { MemoryCache } from '../state/memory/cache.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { type Log, maskNumbers } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { hashClient } from '../usage/client-hash.ts';
import { UsageFlusher } from '../usage/flush.ts';
import { UsageRecorder } from '../usage/recorder.ts';
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
  private readonly routes: RouteFactory;
  private readonly edge: Edge;
  private readonly dataPlane: DataPlane;
  private readonly adminPlane: AdminPlane;
  private ledgerAwaySinceMs: number | undefined;

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
    this.adminPlane = this.buildAdmin(config);
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
  }

  drain(signal?: AbortSignal): Promise<number> {
    return this.dataPlane.drain(signal);
  }

  /** Ends everything, after what was recorded has been written. */
  async stop(): Promise<void> {
    await this.dataPlane.stop();
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
    return buildUpstream(upstream, config, { clock, log, sandboxUrl, remember });
  }

  private buildFlusher({ usage }: Config): UsageFlusher {
    const { clock, random, log } = this.options;
    return new UsageFlusher({
      clock,
      sink: this.ledger.usage,
      // Never used again, not even by this machine's next process with the same number.
      node: `${process.pid}-${clock.wallNow().toString(36)}-${Math.floor(random.next() * 2 ** 32).toString(36)}`,
      intervalMs: usage.flushIntervalMs,
      nameClient: usage.hashKey === undefined ? withoutTaxIds : hashClient(usage.hashKey),
      namePath: maskNumbers,
      log,
    });
  }

  private buildAdmin(config: Config): AdminPlane {
    const { clock, random, log, version } = this.options;
    const app = createAdminApp({
      clock,
      random,
      tokens: { operator: config.admin.token, viewer: config.admin.viewerToken },
      process: { version, environment: undefined, startedAtMs: clock.now() },
      recorder: this.recorder,
      upstreams: this.ports,
      access: this.access,
      rules: {
        store: this.ledger.rules,
        file: () => this.loaded.config.rules,
        apply: () => this.rules.apply(),
      },
      audit: this.ledger.audit,
      usage: this.ledger.usage,
      cache: {
        stats: () => this.cache.stats(),
        routes: () =>
          this.loaded.config.routes.filter(({ cache }) => cache !== undefined).map(({ path }) => path),
        purge: (route) => this.cache.purge(route === undefined ? undefined : `${route}\n`),
      },
      config: {
        entries: () => [...this.loaded.settings].map(([path, setting]) => configEntry(path, setting)),
        reload: () => this.reload(),
      },
      ledger: () => this.ledgerStatus(),
      readiness: () => this.readiness(),
      onDefect: (error, requestId) =>
        log.error({ err: error, request_id: requestId }, 'admin request failed'),
    });
    return new AdminPlane({ app, listen: config.admin.listen });
  }

  private rulesFailed(error: unknown): void {
    this.options.log.error(
      { err: error },
      'the stored rules could not be read; those of the file are in force, and it is tried again',
    );
  }

  private async reload(): Promise<ConfigReload> {
    const loaded = loadConfig(this.options.source);
    if ('problems' in loaded) return { kind: 'rejected', problems: loaded.problems };
    const changes = changesBetween(this.loaded, loaded);
    let built: Map<string, UpstreamParts>;
    try {
      built = this.upstreamsOf(loaded.config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const place = { file: this.options.source.file, line: undefined, column: undefined };
      return { kind: 'rejected', problems: [{ ...place, path: 'upstreams', message, hint: undefined }] };
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
    return { kind: 'applied', ...changes, warnings: loaded.warnings };
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
        guardMs: (windowMs) => guardMs(config.guard, windowMs),
      });
    }
  }

  private closeUpstreams(): void {
    for (const parts of this.upstreams.values()) closeUpstream(parts);
  }

  private ledgerStatus(): LedgerStatus {
    const { degraded, lastError, pendingSeries } = this.flusher.status();
    if (this.upkeep.ready && !degraded) {
      this.ledgerAwaySinceMs = undefined;
      return { kind: 'ok', pendingRows: pendingSeries };
    }
    this.ledgerAwaySinceMs ??= this.options.clock.now();
    const reason = lastError ?? 'the database has not been opened yet';
    return { kind: 'degraded', pendingRows: pendingSeries, sinceMs: this.ledgerAwaySinceMs, reason };
  }

  private readiness(): Readiness {
    if (this.edge.draining) return { kind: 'unready', reasons: ['draining'] };
    const ledger = this.ledgerStatus();
    return ledger.kind === 'ok' ? { kind: 'ready' } : { kind: 'degraded', reasons: ['ledger_unavailable'] };
  }
}

/** Some name themselves by their tax id. An address is none, however long its numbers are. */
function withoutTaxIds(client: string): string {
  const masked = maskNumbers(client);
  return masked === client || canonicalIp(client) === client ? client : masked;
}

function keep(settings: Map<string, Setting>, path: string, setting: Setting | undefined): void {
  if (setting === undefined) settings.delete(path);
  else settings.set(path, setting);
}

/** A value as the admin API shows it: secrets are not among them. */
function configEntry(path: string, { value, origin }: Setting): ConfigEntry {
  const secret = path.split(/[.[]/).some((step) => isSecretName(step)) || SECRET_KEYS.has(path);
  const shown = typeof value === 'string' ? withoutCredentials(value) : (value as JsonValue | undefined);
  return { path, value: secret && value !== '' ? '***' : shown, secret, origin };
}

/** Secret by what they are, whatever they are called. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['usage.hash_clients']);
