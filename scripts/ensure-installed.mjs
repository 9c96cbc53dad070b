import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findBun } from './bun-path.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `npm ci` where node_modules is missing or older than the lock file. Ends the process when that fails. */
export function ensureInstalled() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    console.error(`comporta: Node 20 or newer is needed; this is ${process.version}.`);
    process.exit(69);
  }
  const marker = `${root}node_modules/.package-lock.json`;
  const fresh =
    existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
  if (fresh && findBun() !== undefined) return findBun();
  console.error('comporta: installing dependencies (npm ci), once …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  const bun = findBun();
  if (done.status !== 0 || bun === undefined) {
    console.error('comporta: `npm ci` did not succeed; see above. Is the npm registry reachable?');
    process.exit(69);
  }
  return bun;
}
