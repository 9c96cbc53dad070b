import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/schema.ts';
import type { Clock, Timer } from '../../shared/clock.ts';
import { ExitCode } from '../exit-codes.ts';
import { type SandboxProcess, startSandboxProcess } from '../sandbox-process.ts';
import { type Place, placeEnvironment, type ReadyMessage } from './child.ts';
import { restartDelayMs } from './restart-delay.ts';

export interface SuperviseOptions {
  readonly count: number;
  readonly config: Config;
  readonly flags: { readonly config: string; readonly listen?: string; readonly adminListen?: string };
  readonly clock: Clock;
  /** Says that all of them are ready. */
  readonly announce: (
    file: string,
    config: Config,
    gateway: {
      readonly url: string;
      readonly adminUrl: string | undefined;
      readonly stateStatus: { readonly kind: 'redis'; readonly up: boolean };
    },
    sandboxUrl: string | undefined,
  ) => void;
}

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));

/** Runs several gateways on one port until told to end. Ends the process. */
export async function superviseProcesses(options: SuperviseOptions): Promise<void> {
  const { config } = options;
  // It hears signals from now on: one that comes while the sandbox starts ends everything in order, too.
  const supervisor = new Supervisor(options);
  let sandbox: SandboxProcess | undefined;
  try {
    const usesSandbox = Object.values(config.upstreams).some(({ url }) => url.kind === 'sandbox');
    if (usesSandbox) sandbox = await startSandboxProcess(config.sandbox);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}`);
    process.exit(ExitCode.FAILURE);
  }
  const code = await supervisor.run(sandbox?.url);
  await sandbox?.stop();
  process.exit(code);
}

const say = (text: string): void => void process.stderr.write(`comporta: ${text}\n`);

interface Child {
  readonly process: Bun.Subprocess;
  readonly startedAtMs: number;
}

/**
 * The parent of processes that share a port. The first place has the admin API; a process that dies is started anew in
 * its place, later each time it dies soon. The first process chooses the ports where the configuration leaves them to the
 * system; the others take the same.
 */
class Supervisor {
  private readonly children = new Map<number, Child>();
  private readonly restarts = new Map<number, Timer>();
  /** How often in a row each place has died soon after its start. */
  private readonly deaths = new Map<number, number>();
  private listen: string | undefined;
  private adminListen: string | undefined;
  private ending = false;
  private toldAtMs = Number.NEGATIVE_INFINITY;
  /** When whoever has not ended by then is killed. */
  private patience: Timer | undefined;
  private sandboxUrl: string | undefined;
  private end: (code: number) => void = () => {};
  private readonly ended = new Promise<number>((resolve) => {
    this.end = resolve;
  });

  constructor(private readonly options: SuperviseOptions) {
    this.listen = options.flags.listen;
    this.adminListen = options.flags.adminListen;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.onSignal(signal));
  }

  /** Resolves with the exit code once every process has ended. */
  async run(sandboxUrl: string | undefined): Promise<number> {
    const { count, config, flags, announce } = this.options;
    this.sandboxUrl = sandboxUrl;
    if (this.ending) return this.ended;
    const first = await this.start(0);
    // Told to end before it listened: nothing has failed.
    if (this.ending) return this.ended;
    if (first === undefined) return this.giveUp();
    // What the system chose for the first is where the others go, and whoever takes its place.
    this.listen = addressOf(first.url, config.listen.host);
    if (first.adminUrl !== undefined) this.adminListen = addressOf(first.adminUrl, config.admin.listen.host);
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => this.start(index + 1)));
    if (this.ending) return this.ended;
    if (others.includes(undefined)) return this.giveUp();
    const { url, adminUrl, stateUp } = first;
    const stateStatus = { kind: 'redis', up: stateUp } as const;
    announce(flags.config, config, { url, adminUrl, stateStatus }, this.sandboxUrl);
    say(`${count} ${count === 1 ? 'process shares' : 'processes share'} the port`);
    return this.ended;
  }

  /** Resolves once it listens; undefined when it has ended before, and said why. */
  private start(place: number): Promise<ReadyMessage | undefined> {
    const { config, flags, clock } = this.options;
    const told: Place = { admin: place === 0, sandboxUrl: this.sandboxUrl };
    const args = ['start', '--config', flags.config];
    if (this.listen !== undefined) args.push('--listen', this.listen);
    if (this.adminListen !== undefined) args.push('--admin-listen', this.adminListen);
    return new Promise((resolve) => {
      let isReady = false;
      const child = Bun.spawn({
        cmd: [process.execPath, ...process.execArgv, MAIN, ...args],
        env: {
          ...process.env,
          ...placeEnvironment(told),
          // Told beforehand, so that the process need not begin again to have it.
          BUN_CONFIG_MAX_HTTP_REQUESTS: String(config.maxOutbound),
        },
        stdin: 'ignore',
        stdout: 'inherit',
        stderr: 'inherit',
        // Ctrl-C goes to the parent alone, which hands it on.
        detached: true,
        ipc: (message: ReadyMessage) => {
          if (message.ready !== true) return;
          isReady = true;
          resolve(message);
        },
        onExit: (_, code, signal) => {
          resolve(undefined);
          this.onExit(place, isReady, signal === null ? `exit code ${code}` : `signal ${signal}`);
        },
      });
      this.children.set(place, { process: child, startedAtMs: clock.now() });
    });
  }

  private onExit(place: number, wasReady: boolean, how: string): void {
    const { clock } = this.options;
    const child = this.children.get(place);
    this.children.delete(place);
    if (this.ending) {
      if (this.children.size === 0) this.end(ExitCode.OK);
      return;
    }
    // One that never listened, at the first start, has said why: starting it again would say it again.
    if (!wasReady && !this.deaths.has(place)) return;
    const livedMs = clock.now() - (child?.startedAtMs ?? clock.now());
    const { delayMs, deaths } = restartDelayMs(this.deaths.get(place) ?? 0, livedMs);
    this.deaths.set(place, deaths);
    const what = place === 0 ? `process ${place + 1} (with the admin API)` : `process ${place + 1}`;
    say(`${what} has ended (${how}); another one takes its place in ${delayMs / 1_000} s`);
    this.restarts.set(
      place,
      clock.after(delayMs, () => void this.start(place)),
    );
  }

  /** The first one lets them drain, the second one ends them at once. */
  private onSignal(signal: 'SIGTERM' | 'SIGINT'): void {
    const { clock } = this.options;
    // A launcher hands on the Ctrl-C that the terminal has sent to everybody: one keystroke, two signals.
    if (this.ending && clock.now() - this.toldAtMs < SAME_SIGNAL_MS) return;
    this.toldAtMs = clock.now();
    const { graceMs } = this.options.config.shutdown;
    this.tellToEnd(signal, this.ending ? AT_ONCE_MS : graceMs + LAST_WORDS_MS);
    if (this.children.size === 0) this.end(ExitCode.OK);
  }

  /** One that hangs would keep the others' place for ever. */
  private tellToEnd(signal: 'SIGTERM' | 'SIGINT', patienceMs: number): void {
    this.ending = true;
    for (const timer of this.restarts.values()) timer.cancel();
    for (const { process } of this.children.values()) process.kill(signal);
    this.patience?.cancel();
    this.patience = this.options.clock.after(patienceMs, () => {
      for (const [place, { process }] of this.children) {
        say(`process ${place + 1} has not ended in time and is killed`);
        process.kill('SIGKILL');
      }
    });
  }

  private async giveUp(): Promise<number> {
    const left = [...this.children.values()].map(({ process }) => process.exited);
    this.tellToEnd('SIGTERM', this.options.config.shutdown.graceMs + LAST_WORDS_MS);
    await Promise.all(left);
    return ExitCode.FAILURE;
  }
}

/** After its calls a process writes down its usage and leaves the fleet. */
const LAST_WORDS_MS = 10_000;
/** A process that is told twice ends at once. */
const AT_ONCE_MS = 1_000;

/** Two signals within this time are one. */
const SAME_SIGNAL_MS = 250;

/** The port that was chosen, on the host that was configured. */
function addressOf(url: string, host: string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${new URL(url).port || '80'}`;
}
