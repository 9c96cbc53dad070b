import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFolder } from '../config/config-file.fixture.ts';
import { errorTable } from '../shared/errors.ts';
import { FakeTerminal } from './burst/fake-terminal.ts';
import { docsCommand, generatedFiles, PROJECT_FOLDER, runDocs } from './docs.ts';
import { ExitCode } from './exit-codes.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

const shippedYaml = readFileSync(join(PROJECT_FOLDER, 'comporta.yaml'), 'utf8');

describe('the generated files', () => {
  test('are up to date; otherwise run `npm run docs`', async () => {
    const terminal = new FakeTerminal();
    await docsCommand(terminal).parseAsync(['--check'], { from: 'user' });
    expect(terminal.stderr).toBe('');
    expect(terminal.exitCode).toBe(ExitCode.OK);
  });

  test('are written where they are missing, and checked byte by byte', async () => {
    folder.write('comporta.yaml', shippedYaml);
    const terminal = new FakeTerminal();
    expect(await runDocs(folder.path, { check: true }, terminal)).toBe(ExitCode.FAILURE);
    expect(await runDocs(folder.path, { check: false }, terminal)).toBe(ExitCode.OK);
    expect(await runDocs(folder.path, { check: true }, new FakeTerminal())).toBe(ExitCode.OK);
    const file = join(folder.path, 'docs/reference/errors.md');
    writeFileSync(file, `${readFileSync(file, 'utf8')} `);
    const changed = new FakeTerminal();
    expect(await runDocs(folder.path, { check: true }, changed)).toBe(ExitCode.FAILURE);
    expect(changed.stderr).toBe('docs/reference/errors.md is out of date; run `comporta docs`\n');
  });

  test('every link in the reference leads to a heading', async () => {
    const reference = (await generatedFiles(shippedYaml))[1]?.content ?? '';
    const headings = [...reference.matchAll(/^## (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 _-]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...reference.matchAll(/\]\(#([^)]*)\)/g)].map(([, to = '']) => to);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((to) => !headings.includes(to))).toEqual([]);
  });

  test('the errors page has every code', async () => {
    const page = (await generatedFiles(shippedYaml))[2]?.content ?? '';
    for (const [code, { status }] of Object.entries(errorTable))
      expect(page).toContain(`| \`${code}\` | ${status} |`);
  });
});
