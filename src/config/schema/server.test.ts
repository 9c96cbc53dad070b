import { afterAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { accepted, ConfigFolder } from '../config-file.fixture.ts';
import { loadConfig } from '../load.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

describe('the place of the dashboard', () => {
  const adminOf = (written: string) =>
    folder.loaded(`admin: { base_path: ${JSON.stringify(written)} }\nupstreams: {}\nroutes: []\n`).config
      .admin;
  const problemsOf = (top: string) => folder.problems(`${top}\nupstreams: {}\nroutes: []\n`).join('\n');

  test.each([
    ['/', '/'],
    ['/comporta', '/comporta/'],
    ['/comporta/', '/comporta/'],
    ['/ops/egress-1.0_~/', '/ops/egress-1.0_~/'],
  ])('admin.base_path %s is %s', (written, basePath) => {
    expect(adminOf(written).basePath).toBe(basePath);
  });

  test('admin.base_path is / unless it is said', () => {
    expect(folder.loaded('upstreams: {}\nroutes: []\n').config.admin.basePath).toBe('/');
  });

  test.each([
    '//',
    '/a//b',
    '/a b',
    '/a?b',
    '/a#b',
    '/%61',
    '/..',
    '/a/../b',
    '/./a',
    '',
    '/é',
    `/${'a'.repeat(200)}`,
  ])('admin.base_path must not be %p', (written) => {
    expect(problemsOf(`admin: { base_path: ${JSON.stringify(written)} }`)).toContain(
      'admin.base_path: expected a path such as / or /comporta',
    );
  });

  test('admin.base_path without its first / is told the right form', () => {
    expect(problemsOf('admin: { base_path: ops/comporta/ }')).toContain(
      'admin.base_path: must begin with /; write /ops/comporta/',
    );
  });
});

describe('environment', () => {
  const environmentOf = (written: string) =>
    folder.loaded(`environment: ${JSON.stringify(written)}\nupstreams: {}\nroutes: []\n`).config.environment;

  test.each([
    ['', undefined],
    ['production', 'production'],
    ['Produção 2', 'Produção 2'],
    ['x'.repeat(32), 'x'.repeat(32)],
  ])('%p is %p', (written, environment) => {
    expect(environmentOf(written)).toBe(environment);
  });

  test.each(['x'.repeat(33), 'a\nb', 'a\u202eb', 'a\u0000b'])('must not be %j', (written) => {
    const problems = folder.problems(`environment: ${JSON.stringify(written)}\nupstreams: {}\nroutes: []\n`);
    expect(problems.join()).toContain('environment: expected at most 32 characters on one line');
  });

  test('the shipped file takes it from ENVIRONMENT', () => {
    const file = fileURLToPath(new URL('../../../comporta.yaml', import.meta.url));
    expect(accepted(loadConfig({ file, env: {} })).config.environment).toBeUndefined();
    const env = { ENVIRONMENT: 'staging' };
    expect(accepted(loadConfig({ file, env })).config.environment).toBe('staging');
  });
});
