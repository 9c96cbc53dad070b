import { Command } from 'commander';
import type { LoadedConfig, LoadOptions } from '../config/load.ts';
import { withoutCredentials } from '../config/quote.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../shared/clock.ts';
import { printProblems } from './check.ts';
import { ExitCode } from './exit-codes.ts';
import { loadForStart } from './load.ts';
import { childPlace, type Place, sayReady, untilParentGone } from './processes/child.ts';
import { processCount } from './processes/count.ts';
import { superviseProcesses } from './processes/supervise.ts';
import { type SandboxProcess, startSandboxProcess } from './sandbox-process.ts';
import { bindTerminal, processTerminal } from './terminal.ts';

/** What `start` runs; main.ts knows how it is built. */
export interface RunningGateway {
  readonly url: string;
  /** Undefined: another process of this machine has the admin API. */
  readonly adminUrl: string | undefined;
  readonly inFlight: number;
  /** Where hot state is kept, and whether it can be reached. */
  readonly stateStatus: { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly up: boolean };
  start(): Promise<void>;
  drain(signal?: AbortSignal): Promise<number>;
  stop(): Promise<void>;
}

export type BuildGateway = (
  loaded: LoadedConfig,
  source: LoadOptions,
  sandboxUrl: string | undefined,
  /** Undefined: the only process that listens there. */
  among: { readonly admin: boolean } | undefined,
) => RunningGateway;

interface StartFlags {
  readonly config: string;
  readonly listen?: string;
  readonly adminListen?: string;
  readonly processes?: string;
}

/** `comporta start`: the gateway, until SIGTERM or Ctrl-C drains it. */
export function startCommand(loadGateway: () => Promise<BuildGateway>, clock: Clock): Command {
  const terminal = processTerminal();
  return bindTerminal(new Command('start'), terminal)
    .description('start the gateway, with the sandbox upstream where the configuration says `sandbox:`')
    .option('-c, --config <file>', 'configuration file', 'comporta.yaml')
    .option('-l, --listen <address>', 'address of the data plane, such as 127.0.0.1:8000; wins over the file')
    .option(
      '--admin-listen <address>',
      'address of the admin API, such as 127.0.0.1:8001; wins over the file',
    )
    .option(
      '-p, --processes <n>',
      'processes that share the port, or `auto`: as many as this machine has CPUs; needs a Redis (`state`, REDIS_URL)',
    )
    .addHelpText(
      'after',
      `
Examples:
  comporta start
  comporta start --config examples/score.yaml --listen 0.0.0.0:8000
  REDIS_URL=redis://localhost:6379 comporta start --processes auto

Signals: SIGTERM and Ctrl-C take no new calls, let waiting and running ones end (shutdown.grace), and exit 0; a
second one ends at once. Exit 1: the configuration is not valid, or an address is taken. Exit 64: wrong usage.`,
    )
    .action(async (flags: StartFlags) => {
      const source: LoadOptions = {
        file: flags.config,
        flags: { listen: flags.listen, adminListen: flags.adminListen },
        env: process.env,
        envFile: '.env',
      };
      const loaded = loadForStart(source);
      if ('problems' in loaded) {
        printProblems(loaded.problems, terminal);
        process.stderr.write('comporta: nothing was started; correct the configuration and try again.\n');
        process.exitCode = ExitCode.FAILURE;
        return;
      }
      const place = childPlace(process.env);
      if (flags.processes !== undefined) {
        const count = processCount(flags.processes, loaded.config.state.kind);
        if (typeof count === 'string') {
          process.stderr.write(`comporta: ${count}\n`);
          process.exitCode = ExitCode.USAGE;
          return;
        }
        printProblems(loaded.warnings, terminal);
        await superviseProcesses({ count, config: loaded.config, flags, clock, announce });
        return;
      }
      // First, since it may begin the process anew, which would say everything twice.
      allowOutbound(loaded.config.maxOutbound);
      // Its parent has said them already.
      if (place === undefined) printProblems(loaded.warnings, terminal);
      await run(source, loaded, loadGateway, clock, place);
    });
}

/** Bun reads its bound of calls in flight once, when the process begins: another bound needs a new beginning. */
function allowOutbound(maxOutbound: number): void {
  const name = 'BUN_CONFIG_MAX_HTTP_REQUESTS';
  const current = Number(process.env[name] ?? 256);
  const { execve } = process as {
    execve?: (file: string, args: string[], env: Record<string, string>) => never;
  };
  if (current === maxOutbound || execve === undefined) return;
  const env: Record<string, string> = { [name]: String(maxOutbound) };
  for (const [key, value] of Object.entries(process.env)) {
    if (value !== undefined && key !== name) env[key] = value;
  }
  execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], env);
}

async function run(
  source: LoadOptions,
  loaded: LoadedConfig,
  loadGateway: () => Promise<BuildGateway>,
  clock: Clock,
  place: Place | undefined,
): Promise<void> {
  const { config } = loaded;
  const usesSandbox =
    place === undefined && Object.values(config.upstreams).some(({ url }) => url.kind === 'sandbox');
  let sandbox: SandboxProcess | undefined;
  let gateway: RunningGateway | undefined;
  try {
    const loading = loadGateway();
    if (usesSandbox) sandbox = await startSandboxProcess(config.sandbox);
    const build = await loading;
    gateway = build(loaded, source, sandbox?.url ?? place?.sandboxUrl, place);
    await gateway.start();
  } catch (error) {
    process.stderr.write(`comporta: ${explain(error, config)}\n`);
    await gateway?.stop();
    await sandbox?.stop();
    process.exit(ExitCode.FAILURE);
  }
  // Before it says that it is ready: a signal that comes right then is to drain, too.
  const told = untilTold(gateway, clock);
  if (place === undefined) announce(source.file, config, gateway, sandbox?.url);
  else {
    sayReady(gateway);
    // Nobody is left who would start, stop or announce it.
    untilParentGone(() => process.kill(process.pid, 'SIGTERM'));
  }
  await told;
  await gateway.stop();
  await sandbox?.stop();
  process.exit(ExitCode.OK);
}

function announce(
  file: string,
  config: Config,
  gateway: Pick<RunningGateway, 'url' | 'adminUrl' | 'stateStatus'>,
  sandboxUrl: string | undefined,
): void {
  const lines = [
    `comporta is ready (${file})`,
    `  gateway    ${gateway.url}`,
    `  dashboard  ${gateway.adminUrl}/  (admin API: ${new URL(`${gateway.adminUrl}/api/v1`).pathname})`,
  ];
  const { state, fleet } = config;
  if (state.kind === 'redis') {
    const isAway = gateway.stateStatus.kind === 'redis' && !gateway.stateStatus.up;
    const away = isAway ? '  (cannot be used yet: no paced call goes out; the log says why)' : '';
    lines.push(`  fleet      ${fleet.name} at ${withoutCredentials(state.url)}${away}`);
  }
  if (sandboxUrl !== undefined)
    lines.push(`  sandbox    ${sandboxUrl}  (simulated upstream; report: /sandbox/report)`);
  const tryIt = exampleCall(config, gateway.url);
  if (tryIt !== undefined) lines.push(`  try        ${tryIt}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** A call that works on the first GET route, as far as its parameters can be made up. */
function exampleCall(config: Config, url: string): string | undefined {
  const route = config.routes.find(({ methods }) => methods.includes('GET') || methods.includes('*'));
  if (route === undefined) return undefined;
  const pairs: string[] = [];
  for (const [name, param] of Object.entries(route.params)) {
    if (!param.required) continue;
    if (param.pattern !== 'cpf') return undefined;
    pairs.push(`${name}=52998224725`);
  }
  // The sandbox knows no `/`.
  const isWholeSandbox = route.path === '/*' && config.upstreams[route.upstream]?.url.kind === 'sandbox';
  if (isWholeSandbox && route.rewrite === undefined) {
    return `curl -i '${url}/api/score?cpf=52998224725' -H 'client-id: demo'`;
  }
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  const header = route.client?.header === undefined ? '' : ` -H '${route.client.header}: demo'`;
  return `curl -i '${url}${route.path.replace(/\*$/, '')}${query}'${header}`;
}

/** Waits for the first signal, then for the calls under way; a second signal cuts that short. */
function untilTold(gateway: RunningGateway, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    let draining = false;
    let toldAtMs = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (draining) {
        // A launcher hands on the Ctrl-C that the terminal has sent to everybody: one keystroke, two signals.
        if (clock.now() - toldAtMs < SAME_SIGNAL_MS) return;
        process.stderr.write('comporta: ending at once\n');
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      draining = true;
      toldAtMs = clock.now();
      const calls = gateway.inFlight;
      process.stderr.write(
        `comporta: draining, ${calls} ${calls === 1 ? 'call' : 'calls'} under way (again to end at once)\n`,
      );
      gateway.drain().then((left) => {
        if (left > 0) process.stderr.write(`comporta: ${left} calls were not done in time\n`);
        resolve();
      });
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** Two signals within this time are one: on a busy machine a launcher takes a while to hand its own on. */
const SAME_SIGNAL_MS = 250;

function explain(error: unknown, config: Config): string {
  const { code, message, plane } = error as { code?: string; message?: string; plane?: 'admin' };
  const { listen } = plane === 'admin' ? config.admin : config;
  const at = `${listen.host}:${listen.port}`;
  if (code === 'EADDRINUSE') {
    const ways = plane === 'admin' ? '--admin-listen or ADMIN_LISTEN' : '--listen or LISTEN';
    return `the address ${at} is already in use. End what listens there, or choose another with ${ways}.`;
  }
  if (code === 'EADDRNOTAVAIL') return `the address ${at} is not one of this machine's.`;
  if (code === 'EACCES') return `the address ${at} may not be used: ports below 1024 need a privilege.`;
  return message?.replace(/^comporta( sandbox)?: /, '') ?? String(error);
}
