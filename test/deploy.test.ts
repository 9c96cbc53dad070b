import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadForStart } from '../src/cli/load.ts';
import { formatProblem } from '../src/config/problem.ts';

/** What deploy/ says of the rest of the project is true. No container is started here. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const shipped = text('comporta.yaml');
/** Variables that the shipped configuration takes. */
const variables = new Set([...shipped.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1]));

function load(env: Record<string, string>) {
  return loadForStart({ file: join(ROOT, 'comporta.yaml'), flags: {}, env, envFile: undefined });
}

const defaults = load({});
if ('problems' in defaults) throw new Error('the shipped configuration is not valid');
const { config } = defaults;

describe('deploy/Dockerfile', () => {
  // Joined where a line goes on, without comments.
  const lines = text('deploy/Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const of = (instruction: string, from = lines): string[] =>
    from
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));
  const runtime = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const environment = new Map(
    of('ENV', runtime)
      .flatMap((line) => line.split(' '))
      .map((pair) => pair.split('=', 2) as [string, string]),
  );

  test('base images are pinned by version', () => {
    const images = of('ARG').map((line) => line.split('=')[1]);
    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(/^[a-z/]+:\d+\.\d+[\w.-]*$/);
    for (const base of of('FROM')) expect(base).toMatch(/^\$\{[A-Z_]+\} AS \w+$/);
  });

  test('what is copied is there, and the build context has it', () => {
    const ignored = text('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    const sources = of('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(ROOT, source))).toBe(true);
      expect(ignored).toContain(`!${source}`);
    }
    // And nothing is let in that nobody copies.
    for (const line of ignored.filter((one) => one.startsWith('!'))) expect(sources).toContain(line.slice(1));
  });

  test('what the server imports is a production dependency', () => {
    const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(path),
    );
    const foreign = new Set<string>();
    for (const file of files) {
      const source = text(`src/${file}`);
      for (const [, name = ''] of source.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)'/gm)) {
        // A file that is left out of the image.
        expect(`${file}: ${name}`).not.toMatch(/\.(test|fixture)\.ts$/);
        if (!/^(\.|node:|bun(:|$))/.test(name))
          foreign.add(name.split('/', name[0] === '@' ? 2 : 1).join('/'));
      }
    }
    expect(foreign.size).toBeGreaterThan(5);
    for (const name of foreign) expect(Object.keys(dependencies)).toContain(name);
  });

  test('runs as nobody in particular, and gets signals itself', () => {
    const [user = ''] = of('USER', runtime);
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    // Only from where modes have been set right, and only one folder is its own.
    expect(of('COPY', runtime).filter((line) => !line.startsWith('--from=build '))).toEqual([]);
    expect(of('COPY', runtime).at(-1)).toBe(`--from=build --chown=${user} /app/data ./data`);
    expect(of('RUN').at(-1)).toEndWith(' && mkdir data && chmod -R a+rX,go-w /app');
    const entry = JSON.parse(of('ENTRYPOINT', runtime)[0] ?? '') as string[];
    expect(entry).toEqual(['bun', '--no-env-file', '/app/src/main.ts']);
    expect(JSON.parse(of('CMD', runtime)[0] ?? '')).toEqual(['start']);
    const [health = ''] = of('HEALTHCHECK', runtime);
    expect(JSON.parse(health.slice(health.indexOf('['))) as string[]).toEqual([...entry, 'healthcheck']);
  });

  test('its variables are those of the configuration, and lead to what is exposed and written', () => {
    for (const name of environment.keys()) {
      if (/^(NODE_ENV|BUN_\w+)$/.test(name)) continue;
      expect([...variables]).toContain(name);
    }
    expect(environment.get('BUN_CONFIG_MAX_HTTP_REQUESTS')).toBe(String(config.maxOutbound));
    const loaded = load(Object.fromEntries(environment));
    if ('problems' in loaded) throw new Error('it would not start');
    const { listen, admin, ledger, dataFolder } = loaded.config;
    expect(listen).toEqual({ host: '0.0.0.0', port: config.listen.port });
    // Without a token nobody else may reach it.
    expect(admin.listen.host).toBe('127.0.0.1');
    expect(of('EXPOSE', runtime)).toEqual([`${listen.port} ${admin.listen.port}`]);
    // The defaults of the configuration, from the folder that it is started in.
    const [volume] = JSON.parse(of('VOLUME', runtime)[0] ?? '') as string[];
    const [folder = ''] = of('WORKDIR', runtime);
    expect(posix.resolve(folder, dataFolder ?? '')).toBe(volume!);
    expect(posix.dirname(posix.resolve(folder, ledger.slice('sqlite://'.length)))).toBe(volume!);
  });

  test('sets nothing that somebody would want to give as a file: both at once are refused', () => {
    const settings = [...environment.keys()].filter((name) => variables.has(name));
    expect(settings).toEqual(['LISTEN']);
  });
});

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly pull_policy?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly restart: string;
  readonly entrypoint?: readonly string[];
  readonly working_dir?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy: {
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } };
  };
}

describe('deploy/compose.yaml', () => {
  const OWN_IMAGE = 'comporta:local';
  const compose = parse(text('deploy/compose.yaml'), { merge: true }) as {
    services: Record<string, Service>;
    networks: Record<string, { internal?: boolean } | null>;
    volumes: Record<string, unknown>;
  };
  const services = Object.entries(compose.services);
  const gateways = services.filter(([, { environment = {} }]) => 'REDIS_URL' in environment);
  /** As Compose has them, with these variables set. */
  const resolved = (env: Record<string, string>, set: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{([A-Z_]+):([-?])([^}]*)\}/g, (_, one: string, kind: string, rest: string) => {
          if (set[one] !== undefined) return set[one];
          if (kind === '?') throw new Error(`${one} ${rest}`);
          return rest;
        }),
      ]),
    );

  const scratch = mkdtempSync(join(tmpdir(), 'comporta-secrets-'));
  const made = join(scratch, 'made');
  mkdirSync(made);
  beforeAll(() => expect(secretsOf({}).exitCode).toBe(0));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** Does what the service `secrets` does, in a folder that stands for its volume. */
  function secretsOf(env: Record<string, string>, folder = made) {
    const { entrypoint = [], command = [], environment = {} } = compose.services.secrets!;
    const line = [...entrypoint, ...command].map((one) => one.replaceAll('$$', '$'));
    const { exitCode, stdout, stderr } = Bun.spawnSync(line, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...resolved(environment, env), ...env },
    });
    return { exitCode, said: `${stdout}${stderr}` };
  }

  /** The variables, with that folder where the volume is mounted. */
  function inFolder(env: Readonly<Record<string, string>>, folder: string): Record<string, string> {
    return Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value.replace(/^\/secrets\//, `${folder}/`)]),
    );
  }

  test('every part is hardened, bounded, pinned and has its health looked at', () => {
    for (const [name, service] of services) {
      const { image, read_only, cap_drop, security_opt, deploy } = service;
      expect({ name, read_only, cap_drop, security_opt }).toEqual({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(Number(deploy.resources.limits.cpus)).toBeGreaterThan(0);
      expect(deploy.resources.limits.memory).toMatch(/^\d+M$/);
      if (image !== OWN_IMAGE) expect(image).toMatch(/:v?\d+\.\d+\.?\d*/);
      // The image of the gateways brings its own.
      if (!gateways.some(([one]) => one === name)) expect(service.healthcheck).toBeDefined();
      expect(service.restart).toBe(name === 'secrets' ? 'no' : 'unless-stopped');
    }
  });

  test('one service builds the image, and whoever needs it needs that one', () => {
    // Two at the same time would write one tag, which Docker refuses: "already exists".
    const builders = services.filter(([, { build }]) => build !== undefined).map(([name]) => name);
    expect(builders).toEqual(['secrets']);
    for (const [name, { image, pull_policy, depends_on = {} }] of services) {
      if (image !== OWN_IMAGE) continue;
      expect(pull_policy).toBe('never');
      if (name !== 'secrets') expect(Object.keys(depends_on)).toContain('secrets');
    }
  });

  test('what it refers to is there', () => {
    for (const [, { build, volumes = [], networks = [], network_mode, depends_on = {} }] of services) {
      if (build !== undefined) {
        expect(posix.normalize(`deploy/${build.context}`)).toBe('.');
        expect(existsSync(join(ROOT, build.dockerfile))).toBe(true);
      }
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('.')) expect(existsSync(join(ROOT, 'deploy', from))).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
      for (const network of networks) expect(Object.keys(compose.networks)).toContain(network);
      expect(networks.length > 0 || network_mode === 'none').toBe(true);
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const { restart, healthcheck } = compose.services[other] ?? {};
        if (restart === 'no') expect(condition).toBe('service_completed_successfully');
        else expect(condition).toBe('service_healthy');
        expect(healthcheck).toBeDefined();
      }
    }
  });

  test('ports are those of the configuration, each published once, on the loopback alone', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const outside = published.map((port) => port.split(':')[1]);
    expect(new Set(outside).size).toBe(outside.length);
    const inside = (name: string) => compose.services[name]?.ports?.map((port) => Number(port.split(':')[2]));
    for (const [name] of gateways)
      expect(inside(name)).toEqual([config.listen.port, config.admin.listen.port]);
    expect(inside('sandbox')).toEqual([config.sandbox.listen.port]);
    expect(compose.services.sandbox?.command).toContain(`0.0.0.0:${config.sandbox.listen.port}`);
  });

  test('Redis and PostgreSQL are reached by gateways alone', () => {
    expect(compose.networks.state?.internal).toBe(true);
    const there = services.filter(([, { networks }]) => networks?.includes('state')).map(([name]) => name);
    expect(there.sort()).toEqual([...gateways.map(([name]) => name), 'postgres', 'redis'].sort());
    const args = compose.services.redis?.command?.join(' ');
    expect(args).toContain('--maxmemory-policy noeviction');
    expect(args).toContain('--appendonly yes');
  });

  test('three gateways are one fleet: every variable is one of the configuration, and it starts with them', () => {
    expect(gateways).toHaveLength(3);
    for (const [, { environment = {}, stop_grace_period = '' }] of gateways) {
      expect(environment).toEqual(gateways[0]![1].environment!);
      for (const name of Object.keys(environment)) {
        expect([...variables]).toContain(name.replace(/_FILE$/, ''));
      }
      expect(Number.parseInt(stop_grace_period, 10) * 1_000).toBeGreaterThan(config.shutdown.graceMs);
      const loaded = load(inFolder(resolved(environment, {}), made));
      if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
      const { state, ledger, upstreams, admin } = loaded.config;
      expect(loaded.warnings).toEqual([]);
      expect(state).toEqual({ kind: 'redis', url: 'redis://redis:6379' });
      const { hostname, username, password, pathname } = new URL(ledger);
      const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE } = inFolder(
        compose.services.postgres?.environment ?? {},
        made,
      );
      expect([hostname, username, password, pathname]).toEqual([
        'postgres',
        POSTGRES_USER!,
        readFileSync(POSTGRES_PASSWORD_FILE!, 'utf8').trim(),
        `/${POSTGRES_DB}`,
      ]);
      // One provider for all: none starts a sandbox of its own.
      for (const { url } of Object.values(upstreams)) {
        expect(url).toMatchObject({ kind: 'url', url: expect.stringContaining('//sandbox:5001') });
      }
      expect(admin.listen.host).toBe('0.0.0.0');
      expect(admin.token).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  describe('secrets', () => {
    const { secrets, postgres } = compose.services;
    const mode = (name: string) => (statSync(join(made, name)).mode & 0o7777).toString(8);
    const read = (name: string) => readFileSync(join(made, name), 'utf8');

    test('are made where the image has a folder of its user, and read by whoever needs them', () => {
      const [volume] = /(?<=^VOLUME \[")[^"]+/m.exec(text('deploy/Dockerfile')) ?? [];
      expect(secrets?.volumes).toEqual([`secrets:${volume}`]);
      expect(secrets?.working_dir).toBe(volume!);
      for (const [name, service] of services) {
        const mounts = service.volumes?.filter((one) => one.startsWith('secrets:'));
        const reads = Object.values(service.environment ?? {}).some((value) => value.startsWith('/secrets/'));
        if (name !== 'secrets') expect(mounts ?? []).toEqual(reads ? ['secrets:/secrets:ro'] : []);
      }
      expect(postgres?.depends_on).toEqual({ secrets: { condition: 'service_completed_successfully' } });
    });

    test('are made once, readable by nobody else, and never printed', () => {
      const before = ['admin_token', 'postgres_password', 'database_url'].map(read);
      expect(new Set(before).size).toBe(3);
      expect(['admin_token', 'postgres_password', 'database_url'].map(mode)).toEqual(['400', '444', '400']);
      const again = secretsOf({});
      expect(again.exitCode).toBe(0);
      expect(['admin_token', 'postgres_password', 'database_url'].map(read)).toEqual(before);
      expect(readdirSync(made).sort()).toEqual(['admin_token', 'database_url', 'postgres_password']);
      expect(again.said).toContain('exec gateway-1 cat /secrets/admin_token');
      for (const secret of before) expect(again.said).not.toContain(secret.trim());
    });

    test('that somebody gives are taken, and hold', () => {
      const folder = join(made, '..', 'given');
      mkdirSync(folder);
      expect(secretsOf({ ADMIN_TOKEN: 'my own $token', POSTGRES_PASSWORD: 'Own-1' }, folder).exitCode).toBe(
        0,
      );
      expect(secretsOf({ POSTGRES_PASSWORD: 'Own-1' }, folder).exitCode).toBe(0);
      expect(readFileSync(join(folder, 'admin_token'), 'utf8')).toBe('my own $token\n');
      const url = readFileSync(join(folder, 'database_url'), 'utf8');
      expect(url).toBe('postgres://comporta:Own-1@postgres:5432/comporta\n');
    });

    test('a password that would break the URL is refused, and nothing is written', () => {
      const folder = join(made, '..', 'refused');
      mkdirSync(folder);
      const { exitCode, said } = secretsOf({ POSTGRES_PASSWORD: 'a@b/c' }, folder);
      expect(exitCode).toBe(1);
      expect(said).toContain('only letters, digits');
      expect(said).not.toContain('a@b/c');
      expect(readdirSync(folder)).toEqual([]);
    });

    test('without randomness there are none, rather than empty ones', () => {
      const folder = join(made, '..', 'without');
      mkdirSync(folder);
      expect(secretsOf({ PATH: '/nowhere' }, folder).exitCode).not.toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});

describe('deploy/prometheus', () => {
  const prometheus = parse(text('deploy/prometheus/prometheus.yml')) as {
    rule_files: string[];
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };

  test('scrapes every gateway', () => {
    const { services } = parse(text('deploy/compose.yaml'), { merge: true }) as { services: object };
    const gateways = Object.keys(services).filter((name) => name.startsWith('gateway-'));
    const targets = prometheus.scrape_configs.flatMap((one) =>
      one.static_configs.flatMap((two) => two.targets),
    );
    expect(targets).toEqual(gateways.map((name) => `${name}:${config.listen.port}`));
  });

  test('alerts ask for metrics that there are', () => {
    const known = text('src/telemetry/metrics.ts');
    for (const file of prometheus.rule_files) {
      const { groups } = parse(text(`deploy/prometheus/${file}`)) as {
        groups: { rules: { expr: string }[] }[];
      };
      const names = groups.flatMap(({ rules }) =>
        rules.flatMap(({ expr }) => [...expr.matchAll(/comporta_\w+/g)].map(String)),
      );
      expect(names.length).toBeGreaterThan(5);
      for (const name of names) expect(known).toContain(`'${name}'`);
    }
  });
});
