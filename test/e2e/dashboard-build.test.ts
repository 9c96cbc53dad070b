import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';

/** What `npm start`, `npm test` and `npm run build` do about the dashboard, with a small one in a project of its own. */

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'comporta-project-'));
  write('package.json', '{"type":"module"}');
  write('package-lock.json', '{}');
  write('dashboard/index.html', '<!doctype html><script type="module" src="/src/main.ts"></script>');
  write('dashboard/src/main.ts', "document.title = 'first';");
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

function write(path: string, content: string): void {
  const file = join(project, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

const install = () => symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));

const path = (...steps: string[]): string => join(project, 'dashboard', ...steps);

/** The scripts that the build has made, all in one. */
const built = (): string =>
  readdirSync(path('dist/assets'))
    .map((name) => readFileSync(path('dist/assets', name), 'utf8'))
    .join('\n');

interface Ensured {
  /** Why there is no dashboard; null when there is one. */
  readonly problem: string | null;
  readonly ms: number;
  readonly stderr: string;
}

async function ensure(): Promise<Ensured> {
  const child = Bun.spawn({
    cmd: [
      process.execPath,
      '-e',
      `import { ensureDashboard } from ${JSON.stringify(join(ROOT, 'scripts/ensure-dashboard.mjs'))};
       const startedAtMs = performance.now();
       const problem = ensureDashboard(${JSON.stringify(`${project}/`)});
       console.log(JSON.stringify({ problem: problem ?? null, ms: performance.now() - startedAtMs }));`,
    ],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  return { ...JSON.parse(stdout), stderr };
}

test('what is missing is built and said; what is fresh is left alone, in no time', async () => {
  install();
  const first = await ensure();
  expect([first.problem, first.stderr]).toEqual([null, 'comporta: building the dashboard …\n']);
  expect(built()).toContain('first');
  // A checkout gives files new times, which change nothing.
  utimesSync(path('src/main.ts'), new Date(), new Date());
  const second = await ensure();
  expect([second.problem, second.stderr]).toEqual([null, '']);
  expect(second.ms).toBeLessThan(50);
});

test.each([
  ['a source', 'dashboard/src/main.ts', "document.title = 'second';", true],
  ['a new source', 'dashboard/src/other.ts', 'export {};', true],
  ['the page', 'dashboard/index.html', '<!doctype html><title>second</title>', true],
  ['a dependency', 'package-lock.json', '{"lockfileVersion":3}', true],
  ['a test', 'dashboard/src/main.test.ts', 'export {};', false],
])('%s that changed: built again %#', async (_, changed, content, again) => {
  install();
  await ensure();
  write(changed, content);
  const { problem, stderr } = await ensure();
  expect([problem, stderr !== '']).toEqual([null, again]);
});

test('the old build goes with its files', async () => {
  install();
  await ensure();
  write('dashboard/src/main.ts', "document.title = 'second';");
  await ensure();
  expect(built()).toContain('second');
  expect(built()).not.toContain('first');
  expect(readdirSync(path()).sort()).toEqual(['dist', 'index.html', 'src']);
});

test('a build that fails is told, and leaves the old one as it was', async () => {
  install();
  await ensure();
  write('dashboard/src/main.ts', "import './nothing.ts';");
  const { problem, stderr } = await ensure();
  expect(problem).toBe('the dashboard could not be built; see above');
  expect(stderr).toContain('nothing.ts');
  expect(built()).toContain('first');
  expect(readdirSync(path()).sort()).toEqual(['dist', 'index.html', 'src']);
  expect((await ensure()).problem).not.toBeNull();
});

test('an error of the system is told in a sentence: the gateway starts all the same', async () => {
  // It ends well and leaves nothing, so that the next step finds no folder to write to.
  write('node_modules/vite/bin/vite.js', '');
  const { problem } = await ensure();
  expect(problem).toStartWith('the dashboard could not be built: ENOENT');
  expect(readdirSync(path()).sort()).toEqual(['index.html', 'src']);
});

test('two at once both end with a whole build', async () => {
  install();
  const ended = await Promise.all([ensure(), ensure(), ensure()]);
  expect(ended.map(({ problem }) => problem)).toEqual([null, null, null]);
  expect(built()).toContain('first');
  expect(existsSync(path('dist/.sources'))).toBe(true);
  expect((await ensure()).stderr).toBe('');
});

test('without Vite it says what brings it', async () => {
  const { problem } = await ensure();
  expect(problem).toContain('npm ci');
});

test('an installed package is taken as it is, without sources and without Vite', async () => {
  write('dashboard/dist/index.html', 'shipped');
  rmSync(path('src'), { recursive: true });
  expect((await ensure()).problem).toBeNull();
  rmSync(path('dist'), { recursive: true });
  expect((await ensure()).problem).toContain('neither a built dashboard nor its sources');
});

test('what a killed build has left is cleared away', async () => {
  install();
  const [old, recent] = ['.building-old', '.building-recent'];
  for (const name of [old, recent]) mkdirSync(path(name, 'dist'), { recursive: true });
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path(old), longAgo, longAgo);
  await ensure();
  expect([existsSync(path(old)), existsSync(path(recent))]).toEqual([false, true]);
});
