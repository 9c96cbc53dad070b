// `npm test`: every test, or `npm test -- <pattern> …`: the files whose path has one of the patterns in it. Exact
// counts come from Bun's JUnit reports; the last line is `N passed, N failed`, and the exit code is 1 unless all passed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureDashboard } from './ensure-dashboard.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

/**
 * What measures spacing on real sockets must not share the processors with what keeps them busy, so each kind has
 * its time: the first group computes, the second starts many processes, the third has a browser draw, the fourth
 * loads the machine, and the others mostly wait: for slots, and for what a fault needs to be over.
 */
const GROUPS = [
  {
    name: 'unit and contract',
    workers: 2,
    takes: (path) => !isOnSockets(path) && !isInBrowser(path) && !isOnRedis(path),
  },
  { name: 'end to end', workers: 3, takes: (path) => isOnSockets(path) && !isLoad(path) && !isSpacing(path) },
  { name: 'browser', workers: 1, takes: isInBrowser, missing: chromiumMissing },
  { name: 'under load', workers: 1, takes: (path) => isOnSockets(path) && isLoad(path) },
  { name: 'strict spacing', workers: 2, takes: isSpacing },
  {
    name: 'shared state',
    workers: 2,
    takes: (path) => isOnRedis(path) && !isFleet(path),
    missing: redisMissing,
  },
  { name: 'fleet', workers: 2, takes: isFleet, missing: redisMissing },
];

function isOnSockets(path) {
  return /^test\/(e2e|faults)\//.test(path);
}

function isInBrowser(path) {
  return path.startsWith('test/browser/');
}

function isOnRedis(path) {
  return path.startsWith('test/fleet/') || path.startsWith('src/state/redis/');
}

/** Several gateways before a provider that judges their spacing. They mostly wait: two such tests at a time. */
const FLEET = [
  ...['burst-faults', 'faults', 'kill-at-grant', 'long-window', 'nodes', 'paced-fleet'],
  ...['redis-cluster', 'skewed-clocks', 'ten-nodes'],
].map((name) => `test/fleet/${name}.test.ts`);

function isFleet(path) {
  return FLEET.includes(path);
}

/** What a machine lacks for the group; undefined when it lacks nothing. */
function chromiumMissing() {
  if (process.env.CHROMIUM || isOnPath('chromium') || isOnPath('chromium-browser')) return undefined;
  return 'Chromium is not installed (Debian: apt-get install chromium)';
}

function redisMissing() {
  if (isOnPath('redis-server')) return undefined;
  return 'Redis is not installed (Debian: apt-get install redis-server)';
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function isLoad(path) {
  return path.endsWith('.load.test.ts');
}

function isSpacing(path) {
  return path.startsWith('test/faults/') || path === 'test/e2e/burst.test.ts';
}

const patterns = process.argv.slice(2);
const option = patterns.find((pattern) => pattern.startsWith('-'));
if (option !== undefined) {
  console.error(
    `npm test -- <pattern> …  runs the files whose path has a pattern in it; there is no ${option}.`,
  );
  process.exit(64);
}

const bun = ensureInstalled();
const files = ['src', 'dashboard/src', 'test', 'bench']
  .flatMap(filesBelow)
  .filter((path) => /\.test\.tsx?$/.test(path))
  .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)))
  .sort();

if (files.some((path) => isOnSockets(path) || isInBrowser(path))) {
  const problem = ensureDashboard();
  if (problem !== undefined) {
    console.error(`npm test: ${problem}.`);
    process.exit(1);
  }
}

const reports = mkdtempSync(join(tmpdir(), 'comporta-junit-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));
let running;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // The whole group: Bun's workers and whatever the tests have started.
    if (running !== undefined) killGroup(running.pid);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const total = { passed: 0, failed: 0 };
for (const [index, { name, workers, takes, missing }] of GROUPS.entries()) {
  const chosen = files.filter(takes);
  if (chosen.length === 0) continue;
  const lack = missing?.();
  if (lack !== undefined) {
    console.log(`\nLEFT OUT: ${name}, ${chosen.length} ${chosen.length === 1 ? 'file' : 'files'}. ${lack}`);
    continue;
  }
  console.log(`\n${name}: ${chosen.length} ${chosen.length === 1 ? 'file' : 'files'}`);
  const startedAtMs = performance.now();
  const { passed, failed } = await run(chosen, workers, join(reports, `${index}.xml`));
  const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
  console.log(`${name}: ${passed} passed, ${failed} failed in ${seconds} s`);
  total.passed += passed;
  total.failed += failed;
}
if (files.length === 0) console.log(`no test file matches ${patterns.join(' ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

/** Runs files on one Bun with several workers, and counts from its report. */
async function run(chosen, workers, report) {
  running = spawn(
    bun,
    [
      'test',
      `--parallel=${workers}`,
      '--no-orphans',
      '--only-failures',
      '--reporter=junit',
      `--reporter-outfile=${report}`,
      ...chosen.map((path) => `./${path}`),
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true },
  );
  const code = await new Promise((resolve) => {
    running.on('error', (error) => {
      console.error(String(error));
      resolve(1);
    });
    running.on('close', (exitCode) => resolve(exitCode ?? 1));
  });
  running = undefined;
  return count(chosen, code, report);
}

/**
 * A file that could not be loaded, or that ended its process, is missing in the report, and Bun's exit code may even
 * be 0: each missing file is a failure. So is an error outside every test, which shows in the exit code alone.
 */
function count(chosen, code, report) {
  let xml = '';
  try {
    xml = readFileSync(report, 'utf8');
  } catch {
    // Bun writes no report when not one test has run.
  }
  const head = /<testsuites [^>]*>/.exec(xml)?.[0] ?? '';
  const number = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const seen = new Set([...xml.matchAll(/<testsuite [^>]*? file="([^"]+)"/g)].map((match) => match[1]));
  const missing = chosen.filter((path) => !seen.has(path));
  for (const path of missing) console.log(`(fail) ${path}: no test of this file came to its end`);
  const skipped = number('skipped');
  if (skipped > 0) console.log(`(fail) ${skipped} skipped: a test runs or is deleted`);
  const failed = number('failures') + missing.length + skipped;
  const passed = number('tests') - number('failures') - skipped;
  if (code !== 0 && failed === 0) {
    console.log(`(fail) bun test ended with code ${code} though every test passed: see the error above`);
    return { passed, failed: 1 };
  }
  return { passed, failed };
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function filesBelow(folder) {
  let entries = [];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(root.length)
        .replaceAll('\\', '/'),
    );
}
