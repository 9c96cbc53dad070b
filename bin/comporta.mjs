#!/usr/bin/env node
// Runs Comporta on the Bun that npm installed beside it. A Node script, so that `npx comporta` works anywhere.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findBun } from '../scripts/bun-path.mjs';

const bun = findBun();
if (bun === undefined) {
  console.error('comporta: Bun is not installed here. Run `npm ci` in the folder of Comporta and try again.');
  process.exit(69);
}
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
// Comporta reads `.env` itself, and says so when it explains where a value came from.
// The default of `max_outbound`, told beforehand: Bun reads it when it begins, and `start` would have to begin again.
const env = { BUN_CONFIG_MAX_HTTP_REQUESTS: '1024', ...process.env };
const child = spawn(bun, ['--no-env-file', main, ...process.argv.slice(2)], { stdio: 'inherit', env });
// A terminal sends Ctrl-C to the whole group; a service manager signals this process alone. Handing every signal
// on covers both: the gateway takes two that arrive together as one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
