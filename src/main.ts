import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { version } from '../package.json' with { type: 'json' };
import { burstCommand } from './cli/burst.ts';
import { checkCommand } from './cli/check.ts';
import { docsCommand } from './cli/docs.ts';
import { ExitCode } from './cli/exit-codes.ts';
import { healthcheckCommand } from './cli/healthcheck.ts';
import { initCommand } from './cli/init.ts';
import { sandboxCommand } from './cli/sandbox.ts';
import { startCommand } from './cli/start.ts';
import { systemClock } from './shared/clock.ts';
import { systemRandom } from './shared/random.ts';

const DASHBOARD_FOLDER = fileURLToPath(new URL('../dashboard/dist', import.meta.url));

/** The command line. Everything that runs is built here and in composition/. */
const program = new Command('comporta')
  .description(
    'Self-hosted egress gateway: paces, queues, caches and protects calls to APIs that you do not own.',
  )
  .version(version, '-v, --version')
  .showHelpAfterError('(`comporta --help` lists the commands)')
  .showSuggestionAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE));

// Most of what there is to load is the gateway, which only `start` needs.
const start = startCommand(async () => {
  const [{ Gateway }, { createLog }] = await Promise.all([
    import('./composition/gateway.ts'),
    import('./telemetry/log.ts'),
  ]);
  return (loaded, source, sandboxUrl, among) =>
    new Gateway({
      loaded,
      source,
      clock: systemClock,
      random: systemRandom,
      log: createLog(loaded.config.log.level),
      version,
      sandboxUrl,
      remember: true,
      dashboardFolder: DASHBOARD_FOLDER,
      among,
    });
}, systemClock);
for (const command of [
  start,
  checkCommand(),
  initCommand(),
  sandboxCommand(),
  burstCommand(),
  healthcheckCommand(),
  docsCommand(),
]) {
  program.addCommand(command);
}

await program.parseAsync(process.argv);
