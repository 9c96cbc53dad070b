// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigFolder, withRoute, withTop, withUpstream } from './config-file.fixture.ts';
import { formatProblem, loadConfig } from './load.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

describe('the file', () => {
  test('missing', () => {
    const result = loadConfig({ file: 'nowhere/comporta.yaml', env: {} });
    expect('problems' in result && result.problems.map(formatProblem)).toEqual([
      'nowhere/comporta.yaml: there is no such file; `comporta init` writes one to start from',
    ]);
  });

  test('a folder', () => {
    mkdirSync(join(folder.path, 'folder'));
    const result = loadConfig({ file: join(folder.path, 'folder'), env: {} });
    expect('problems' in result && result.problems[0]?.message).toBe('is a folder');
  });

  test('too large', () => {
    expect(folder.problems(`#${'x'.repeat(1_048_576)}`)).toEqual([
      'comporta.yaml: is 1,048,577 bytes long; at most 1mb is read',
    ]);
  });
});

describe('variables', () => {
  const yaml = withUpstream('timeout: ${T:-7}s\nqueue: { max_size: "${Q:-100}" }');

  test('a default, the environment and .env, in that order of weight', () => {
    const envFile = folder.write('.env', 'T=8\nQ=200\n');
    const timeouts = [
      folder.loaded(yaml),
      folder.loaded(yaml, { envFile }),
      folder.loaded(yaml, { envFile, env: { T: '9' } }),
      folder.loaded(yaml, { envFile, env: { T: '' } }),
    ].map(({ config }) => [config.upstreams.a?.timeoutMs, config.upstreams.a?.queue.maxSize]);
    expect(timeouts).toEqual([
      [7_000, 100],
      [8_000, 200],
      [9_000, 200],
      [7_000, 200],
    ]);
  });

  test('a .env that is not there is no matter; a line that says nothing is a warning', () => {
    expect(folder.loaded(yaml, { envFile: join(folder.path, 'none.env') }).warnings).toEqual([]);
    const envFile = folder.write('bad.env', 'T=8\nwhat\n');
    const { warnings } = folder.loaded(yaml, { envFile });
    expect(warnings.map(formatProblem)).toEqual([`${envFile}:2:1: is not KEY=value; the line is ignored`]);
  });

  test('a variable without value and default is told once', () => {
    expect(folder.problems(withUpstream('timeout: ${TIMEOUT}s'))).toEqual([
      'comporta.yaml:4:14 upstreams.a.timeout: the variable `TIMEOUT` is not set; set it, or write `${TIMEOUT:-default}`',
    ]);
  });

  test('a malformed one is told', () => {
    expect(folder.problems(withUpstream('timeout: "${TIMEOUT"'))).toEqual([
      'comporta.yaml:4:14 upstreams.a.timeout: expected `${NAME}` or `${NAME:-default}`; a literal `${` is written `$${`',
    ]);
  });

  test('a wrong value of the environment is told by its name', () => {
    const text = withUpstream('limits: ["1 per ${RATE_LIMIT_SECONDS:-1}s"]');
    expect(folder.problems(text, { env: { RATE_LIMIT_SECONDS: 'abc' } })).toEqual([
      'comporta.yaml:4:14 upstreams.a.limits[0]: `RATE_LIMIT_SECONDS` is "abc": expected a rate such as "1 per 1s" or "1000 per 1d", got `1 per abcs`',
    ]);
  });

  test.each(['x: 1', '{ a: 1 }', '[1, 2]', '1\nroutes: []', '# c', '"', '*a', '!!js x', '${Q}'])(
    'the environment cannot add structure: %j stays text',
    (value) => {
      const text = withRoute('client: { default: "${WHO:-}" }\nrewrite: /x');
      const clean = value.includes('\n') ? undefined : value;
      const result = folder.load(text, { env: { WHO: value } });
      if (clean === undefined) expect('problems' in result && result.problems).toHaveLength(1);
      else expect('config' in result && result.config.routes[0]?.client?.default).toBe(clean);
    },
  );

  test('text that looks like a number stays as it was written', () => {
    const { config } = folder.loaded(withRoute('client: { default: "${WHO}" }'), { env: { WHO: '007' } });
    expect(config.routes[0]?.client?.default).toBe('007');
  });

  test('empty text is no text', () => {
    const { config } = folder.loaded(withRoute('client: { default: "${WHO:-}" }'));
    expect(config.routes[0]?.client?.default).toBeUndefined();
  });

  test('values of the environment that are secret are not printed', () => {
    const env = { ADMIN_TOKEN: 'hunter2\u0000', REDIS_URL: 'redis://:hunter2@r.test/x', API_KEY: 'hunter2' };
    const text = withTop('admin: { token: "${ADMIN_TOKEN}" }\nstate: ${REDIS_URL}\nmax_body: ${API_KEY:-}');
    const said = folder.problems(text, { env }).join('\n');
    expect(said).toContain('`ADMIN_TOKEN` is set and not shown');
    expect(said).toContain('`REDIS_URL` is "redis://***@r.test/x"');
    expect(said.split('\n')).toHaveLength(3);
    expect(said).not.toContain('hunter2');
  });
});

describe('flags, origins, warnings', () => {
  test('a flag wins over the file, and a wrong one is told by its name', () => {
    const text = withTop('listen: ":1"');
    const { config, settings } = folder.loaded(text, { flags: { listen: '[::1]:0' } });
    expect(config.listen).toEqual({ host: '::1', port: 0 });
    expect(settings.get('listen')?.origin).toEqual({ kind: 'flag', where: '--listen' });
    expect(folder.problems(text, { flags: { listen: 'x' } })).toEqual([
      '--listen: expected an address such as 127.0.0.1:8000, [::1]:8000 or :8000, got `x`',
    ]);
  });

  test('every value knows where it came from', () => {
    const envFile = folder.write('origins.env', 'Q=5\n');
    const text = withUpstream(
      'timeout: ${T:-7}s\nqueue: { max_size: "${Q:-1}", max_wait: "${W:-9}s" }\nlimits: [1 per 1s]',
    );
    const { settings } = folder.loaded(text, { env: { T: '3' }, envFile });
    const file = join(folder.path, 'comporta.yaml');
    expect(settings.get('upstreams.a.timeout')?.origin).toEqual({ kind: 'env', where: 'T' });
    expect(settings.get('upstreams.a.queue.max_size')?.origin).toEqual({
      kind: 'env',
      where: 'Q (origins.env)',
    });
    expect(settings.get('upstreams.a.queue.max_wait')?.origin).toEqual({
      kind: 'file',
      where: `${file}:5:45`,
    });
    expect(settings.get('upstreams.a.limits[0]')?.origin).toEqual({ kind: 'file', where: `${file}:6:14` });
    expect(settings.get('upstreams.a.queue.aging')?.origin).toEqual({ kind: 'default', where: '' });
    expect(settings.get('log.level')?.origin).toEqual({ kind: 'default', where: '' });
    expect(settings.get('upstreams.a.breaker')?.origin).toEqual({ kind: 'default', where: '' });
  });

  test('--admin-listen wins over the file, and a value is known as it was written', () => {
    const text = withTop('admin: { listen: ":1", token: t }');
    const { config, settings } = folder.loaded(text, { flags: { adminListen: '[::1]:0' } });
    expect(config.admin).toEqual({
      listen: { host: '::1', port: 0 },
      basePath: '/',
      token: 't',
      viewerToken: undefined,
    });
    expect(settings.get('admin.listen')?.origin).toEqual({ kind: 'flag', where: '--admin-listen' });
    expect(settings.get('shutdown.grace')).toEqual({ value: '30s', origin: { kind: 'default', where: '' } });
    expect(folder.problems(text, { flags: { adminListen: 'x' } })[0]).toContain('--admin-listen: expected');
  });
});
