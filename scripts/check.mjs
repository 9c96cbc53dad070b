// `npm run check`: lint, format, types, architecture, generated files. Seconds; run it before every commit.
import { spawn } from 'node:child_process';
import { ensureInstalled, root } from './ensure-installed.mjs';

const bun = ensureInstalled();
const bin = (name) => `${root}node_modules/.bin/${name}`;
const checks = [
  ['lint and format', bin('biome'), ['ci', '--colors=off', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['types of the dashboard', bin('tsc'), ['--noEmit', '-p', 'dashboard']],
  ['architecture', bun, ['test', './test/architecture.test.ts', './test/dashboard-architecture.test.ts']],
  ['generated files', bun, ['src/main.ts', 'docs', '--check']],
];

const results = await Promise.all(
  checks.map(
    ([name, command, args]) =>
      new Promise((resolve) => {
        const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
        let output = '';
        child.stdout.on('data', (data) => {
          output += data;
        });
        child.stderr.on('data', (data) => {
          output += data;
        });
        child.on('error', (error) => resolve({ name, code: 1, output: String(error) }));
        child.on('close', (code) => resolve({ name, code, output }));
      }),
  ),
);
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name}`);
  if (code !== 0) console.log(output);
}
process.exit(results.every(({ code }) => code === 0) ? 0 : 1);
