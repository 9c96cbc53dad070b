import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findBun } from './bun-path.mjs';
import { root } from './ensure-installed.mjs';

/** A build that is killed leaves its folder behind; one this old is of nobody. */
const ABANDONED_MS = 10 * 60_000;

/**
 * Builds dashboard/dist where it is missing or was built from other sources than those that lie there: their hash
 * stands in dashboard/dist/.sources. A package that came without sources is taken as it is. Whoever looks meanwhile
 * sees the old build or the new one, never a part of one.
 *
 * Returns undefined when the dashboard is there, otherwise one sentence that says why it is not. `project` is the
 * folder of the package, with `/` at its end.
 */
export function ensureDashboard(project = root) {
  const folder = `${project}dashboard`;
  const built = `${folder}/dist`;
  if (!existsSync(`${folder}/src`)) {
    return existsSync(`${built}/index.html`)
      ? undefined
      : 'the package has neither a built dashboard nor its sources';
  }
  const sources = hashOfSources(project);
  if (isBuiltFrom(built, sources)) return undefined;
  const vite = `${project}node_modules/vite/bin/vite.js`;
  const bun = findBun();
  if (bun === undefined || !existsSync(vite)) {
    return 'the dashboard is not built, and Vite is not installed: `npm ci` without `--omit=dev` brings it';
  }
  console.error('comporta: building the dashboard …');
  try {
    removeAbandoned(folder);
    return build(project, { bun, vite, sources });
  } catch (error) {
    // Such as a folder that must not be written: whoever installed it is somebody else.
    return `the dashboard could not be built: ${error.message}`;
  }
}

/** Returns what `ensureDashboard` returns, and throws what the system says. */
function build(project, { bun, vite, sources }) {
  const folder = `${project}dashboard`;
  const work = mkdtempSync(`${folder}/.building-`);
  try {
    // Git and Biome pass over any folder that is called dist.
    const fresh = `${work}/dist`;
    // On Bun, because Vite wants a newer Node than the product does.
    const done = spawnSync(
      bun,
      [vite, 'build', folder, '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'],
      {
        cwd: project,
        stdio: ['ignore', 2, 2],
      },
    );
    if (done.status !== 0) return 'the dashboard could not be built; see above';
    writeFileSync(`${fresh}/.sources`, sources);
    replace(`${folder}/dist`, fresh, work);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isBuiltFrom(built, sources) {
  try {
    return existsSync(`${built}/index.html`) && readFileSync(`${built}/.sources`, 'utf8') === sources;
  } catch {
    return false;
  }
}

/** Puts the new build where the old one is. Another process may do the same at the same time; either build is right. */
function replace(built, fresh, work) {
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(built)) renameSync(built, `${work}/old-${attempt}`);
      renameSync(fresh, built);
      return;
    } catch (error) {
      if (attempt === 10 || !['ENOENT', 'EEXIST', 'ENOTEMPTY'].includes(error.code)) throw error;
    }
  }
}

/** Of all that the build is made from, by content: a checkout gives files new times. */
function hashOfSources(project) {
  const hash = createHash('sha256');
  for (const path of ['package-lock.json', ...sourcesBelow(project, 'dashboard')]) {
    if (!existsSync(project + path)) continue;
    const content = readFileSync(project + path);
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** Sorted; without tests, builds and what is hidden. */
function sourcesBelow(project, folder) {
  return readdirSync(project + folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'dist' && name !== 'node_modules')
    .filter(({ name }) => !/\.test\.tsx?$/.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? sourcesBelow(project, path) : [path];
    });
}

function removeAbandoned(folder) {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('.building-')) continue;
    const path = join(folder, name);
    // Its own process, or another one that clears up, may have removed it meanwhile.
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
