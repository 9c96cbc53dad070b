import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));

/**
 * The Bun executable that `npm ci` brought. npm puts it in one package per platform; Bun's own install script
 * only links it, so a machine that forbids install scripts still has it.
 */
export function findBun() {
  const linked = `${modules}bun/bin/bun.exe`;
  const platforms = existsSync(`${modules}@oven`) ? readdirSync(`${modules}@oven`) : [];
  const candidates = platforms.flatMap((name) => [
    `${modules}@oven/${name}/bin/bun`,
    `${modules}@oven/${name}/bin/bun.exe`,
  ]);
  return [...candidates, linked].find((path) => existsSync(path));
}
