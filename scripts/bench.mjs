// `npm run bench [-- name [options]]`: the measurements of bench/, one after another. Figures: bench/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureInstalled, root } from './ensure-installed.mjs';

const names = [
  'http',
  'gate',
  'access',
  'ledger',
  'usage-overhead',
  'held',
  'start',
  'burst',
  'fleet',
  'processes',
  'overshoot',
  'fleet-scale',
  'dashboards',
  'dashboard-heap',
].filter((name) => existsSync(`${root}bench/${name}.ts`));
const [first, ...options] = process.argv.slice(2);
if (first !== undefined && !names.includes(first)) {
  console.error(`bench: there is no ${first}; there are ${names.join(', ')}.`);
  process.exit(64);
}
if (process.platform !== 'linux') {
  console.error('bench: CPU time and memory of processes are read from /proc, which only Linux has.');
  process.exit(69);
}

const bun = ensureInstalled();
const failed = [];
// An hour in a browser is asked for by its name.
for (const name of first === undefined ? names.filter((name) => name !== 'dashboard-heap') : [first]) {
  console.log(`== ${name}\n`);
  const done = spawnSync(bun, [`bench/${name}.ts`, ...options], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`bench: failed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
