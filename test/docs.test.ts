import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { parse, stringify } from 'yaml';
import { formatProblem, loadConfig } from '../src/config/load.ts';
import { errorTable } from '../src/shared/errors.ts';
import { USAGE_DIMENSIONS } from '../src/usage/rollup.ts';
import { ROOT, runCli } from './support/cli.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

/** The prose says what is there: links, names, orders and options are compared with the code. */

const NOT_OURS = new Set(['node_modules', '.git', 'data', 'dist', 'coverage', 'output']);

const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const allMatches = (source: string, pattern: RegExp): string[] =>
  [...source.matchAll(pattern)].map((match) => match[1]!);

/** Paths below `folder`, relative to the project. */
function pathsBelow(folder: string, wanted: (path: string) => boolean): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = normalize(join(folder, entry.name));
    const below = entry.isDirectory() ? pathsBelow(path, wanted) : [];
    return wanted(path) ? [path, ...below] : below;
  });
}

const markdownFiles = pathsBelow('.', (path) => path.endsWith('.md'));

interface CodeBlock {
  readonly language: string;
  readonly lines: readonly string[];
}

function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(([, language = '', content = '']) => ({
    language,
    lines: content.split('\n').slice(0, -1),
  }));
}

const withoutCode = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, '');

/** Heading anchors as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return allMatches(withoutCode(markdown), /^#{1,6} (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links', () => {
  test.each(markdownFiles)('every relative link of %s resolves', (file) => {
    const prose = withoutCode(text(file)).replace(/`[^`]*`/g, '');
    const broken = allMatches(prose, /\]\(([^)\s]+)\)/g).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : normalize(join(dirname(file), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(text(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('translations', () => {
  test.each([
    ['README.md', 'README.pt-BR.md'],
    ['docs/tutorial/first-steps.md', 'docs/tutorial/first-steps.pt-BR.md'],
  ])('%s and %s have the same sections, tables and code', (english, portuguese) => {
    const shapeOf = (markdown: string) => ({
      headings: allMatches(withoutCode(markdown), /^(#{1,6}) /gm),
      tableRows: allMatches(withoutCode(markdown), /^(\|)/gm).length,
      items: allMatches(withoutCode(markdown), /^(- )/gm).length,
      code: codeBlocks(markdown),
    });
    expect(shapeOf(text(portuguese))).toEqual(shapeOf(text(english)));
  });
});

describe('docs/architecture.md', () => {
  const tree = allMatches(text('docs/architecture.md'), /^\| `([\w./-]+\/)` \|/gm);

  test('every folder it names exists', () => {
    expect(tree.length).toBeGreaterThan(20);
    const missing = tree.filter(
      (path) => !existsSync(join(ROOT, path)) || !statSync(join(ROOT, path)).isDirectory(),
    );
    expect(missing).toEqual([]);
  });

  test('every folder of src/ is named', () => {
    const folders = pathsBelow('src', (path) => statSync(join(ROOT, path)).isDirectory());
    expect(folders.filter((folder) => !tree.includes(`${folder}/`))).toEqual([]);
  });

  test('every file it points to exists', () => {
    const files = allMatches(text('docs/architecture.md'), /`((?:src|test)\/[\w./-]+\.\w+)`/g);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('docs/reference/request-path.md', () => {
  const page = text('docs/reference/request-path.md');

  test('the stages and their order are those of the pipeline', () => {
    const array = /const stages = \[(.*?)\] as const/s.exec(text('src/gateway/pipeline.ts'))?.[1] ?? '';
    const stages = allMatches(array, /^\s*(\w+)Stage,/gm);
    expect(stages.length).toBeGreaterThan(0);
    expect(allMatches(page, /^## \d+\. (\w+)$/gm)).toEqual(stages);
    const drawing = codeBlocks(page)[0]!.lines[0]!.split(' ── ');
    expect(drawing).toEqual(['client', 'edge', ...stages, 'upstream']);
  });

  test('every error code is mentioned, and no other', () => {
    const codes = Object.keys(errorTable);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
    const refusals = allMatches(page, /`(\w+)` \(\d{3}\b/g);
    expect(refusals.filter((code) => !codes.includes(code))).toEqual([]);
  });

  test('an error code stands beside its own status', () => {
    const pairs = [...page.matchAll(/`(\w+)` \((\d{3})\b/g)].map(([, code = '', status]) => [
      code,
      Number(status),
    ]);
    expect(pairs.length).toBeGreaterThan(5);
    for (const [code, status] of pairs) {
      expect([code, errorTable[code as keyof typeof errorTable].status]).toEqual([code, status]);
    }
  });
});

describe('docs/reference/admin-api.md', () => {
  test('has a section for every tag of the API, and for nothing else', () => {
    const { paths } = JSON.parse(text('docs/reference/openapi.json')) as {
      paths: Record<string, Record<string, { tags: string[] }>>;
    };
    const tags = new Set(
      Object.values(paths).flatMap((item) => Object.values(item).flatMap((one) => one.tags)),
    );
    const sections = allMatches(text('docs/reference/admin-api.md'), /^## ([a-z]+)$/gm);
    expect(sections.sort()).toEqual([...tags].sort());
  });
});

describe('docs/reference/usage.md', () => {
  test('the dimensions are those that the ledger knows', () => {
    const part = text('docs/reference/usage.md').split('## Dimensions')[1]!.split('\n\nAll groups')[0]!;
    expect(allMatches(part, /^\| `([a-z]+)` \|/gm)).toEqual([...USAGE_DIMENSIONS]);
  });
});

describe('docs/reference/data-plane.md', () => {
  const page = text('docs/reference/data-plane.md');
  const section = (heading: string): string =>
    page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const firstColumn = (markdown: string): string[] =>
    allMatches(markdown, /^\|([^|]+)\|/gm).flatMap((cell) => allMatches(cell, /`([^`]+)`/g));

  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      yaml: `
upstreams: { api: { url: "http://127.0.0.1:1" } }
routes: [{ path: /some, upstream: api }]
`,
    });
    // A refusal, so that every family has a sample.
    await fetch(`${gateway.url}/nowhere`);
  });
  afterAll(() => gateway.stop());

  test('the Prometheus metrics are those that the product exposes, with their types', async () => {
    const answer = await fetch(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
    const exposed = [...(await answer.text()).matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(
      ([, ...facts]) => facts,
    );
    const documented = [...section('Metrics for Prometheus').matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(
      ([, ...facts]) => facts,
    );
    expect(exposed.length).toBeGreaterThan(10);
    expect(documented.sort()).toEqual(exposed.sort());
  });

  test('a metric’s labels are those of its samples', async () => {
    const answer = await fetch(`${gateway.url}/metrics`, { headers: { accept: 'text/plain' } });
    const exposition = await answer.text();
    for (const [, name, cell = ''] of section('Metrics for Prometheus').matchAll(
      /^\| `(\w+)` \| \w+ \| ([^|]*)\|/gm,
    )) {
      const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(exposition);
      expect([name, sample === null]).toEqual([name, false]);
      expect([name, allMatches(sample![1] ?? '', /(\w+)="/g)]).toEqual([name, allMatches(cell, /`(\w+)`/g)]);
    }
  });

  test('every metric that any page names exists', () => {
    const known = [
      ...firstColumn(section('Metrics for Prometheus')),
      ...firstColumn(section('Metrics of a fleet')),
    ];
    const isKnown = (name: string): boolean =>
      known.includes(name) || (name.endsWith('_') && known.some((one) => one.startsWith(name)));
    const named = markdownFiles.flatMap((file) => allMatches(text(file), /\b(comporta_[a-z_]+)\b/g));
    expect([...new Set(named)].filter((name) => !isKnown(name))).toEqual([]);
  });

  test('the fields of the JSON metrics are those that the product gives', async () => {
    const { upstreams, routes, cache, ...top } = (await gateway.metrics()) as Record<string, object>;
    const below = (prefix: string, value: object = {}) => Object.keys(value).map((key) => `${prefix}.${key}`);
    const given = [
      ...Object.keys(top),
      ...below('cache', cache),
      ...below('upstreams.<name>', Object.values(upstreams!)[0]),
      ...below('routes.<path>', Object.values(routes!)[0]),
    ];
    expect(firstColumn(section('Metrics as JSON')).sort()).toEqual(given.sort());
  });

  test('its own pages answer as documented', async () => {
    const rows = [...section('Signs of life').matchAll(/^\| `(\/\w+)` \| (\d{3}) `([^`]+)`/gm)];
    expect(rows.map(([, path]) => path)).toEqual(['/health', '/livez', '/readyz']);
    for (const [, path, status, body] of rows) {
      const answer = await fetch(`${gateway.url}${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([path, Number(status), body!]);
    }
  });

  test('the members of a problem are those that are sent', async () => {
    const answer = await fetch(`${gateway.url}/nowhere`);
    const sent = Object.keys((await answer.json()) as object);
    const documented = firstColumn(section('Errors'));
    expect(documented).toEqual([...sent, 'estimated_wait_ms']);
  });
});

describe('command line', () => {
  const optionNames = (source: string): string[] => allMatches(source, /(--[a-z][a-z-]*)/g);
  let commands: string[];
  beforeAll(async () => {
    const { stdout } = await runCli(['--help']);
    const list = stdout.slice(stdout.indexOf('Commands:'));
    commands = allMatches(list, /^ {2}([a-z]+) /gm).filter((name) => name !== 'help');
  });

  test('docs/reference/cli.md has a section for every command', () => {
    expect(commands.length).toBeGreaterThan(5);
    const sections = allMatches(text('docs/reference/cli.md'), /^## comporta (\w+)$/gm);
    expect(sections.sort()).toEqual([...commands].sort());
  });

  test('the options of each command are those of its --help', async () => {
    for (const part of text('docs/reference/cli.md')
      .split(/^## comporta /m)
      .slice(1)) {
      const name = /^\w+/.exec(part)![0];
      const { stdout } = await runCli([name, '--help']);
      const help = /^Options:\n(.*?)(?:\n\n|$(?![\s\S]))/ms.exec(stdout)?.[1] ?? '';
      const offered = allMatches(help, /^ {2}(?:-\w, )?(--[a-z-]+)/gm).filter(
        (option) => option !== '--help',
      );
      const documented = allMatches(part, /^\| `([^`]*--[^`]*)` \|/gm).flatMap(optionNames);
      expect([name, documented]).toEqual([name, offered]);
    }
  });

  test('every command that any page names exists, with its options', async () => {
    const calls = markdownFiles.flatMap((file) => commandLines(text(file)).map((call) => ({ file, call })));
    expect(calls.length).toBeGreaterThan(30);
    const helps = new Map<string, string[]>();
    for (const command of commands) {
      helps.set(command, optionNames((await runCli([command, '--help'])).stdout));
    }
    const wrong = calls.filter(({ call }) => {
      const [name = '', ...rest] = call.split(/\s+/);
      if (name.startsWith('-') || name === '…' || name === '<command>') return false;
      const options = helps.get(name);
      return options === undefined || optionNames(rest.join(' ')).some((option) => !options.includes(option));
    });
    expect(wrong).toEqual([]);
  });

  test('every npm script that any page names exists', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const named = markdownFiles.flatMap((file) => [
      ...allMatches(text(file), /\bnpm run ([a-z]+)/g),
      ...allMatches(text(file), /\bnpm (start|test)\b/g),
    ]);
    expect(named.length).toBeGreaterThan(5);
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

/** What stands after `comporta ` in shell lines and in code within the prose. */
function commandLines(markdown: string): string[] {
  const shell = codeBlocks(markdown)
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap(({ language, lines }) =>
      language === 'sh' ? lines : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)),
    );
  const inline = allMatches(withoutCode(markdown), /`([^`\n]+)`/g);
  return [...shell, ...inline].flatMap((line) =>
    allMatches(line, /^(?:[A-Z_]+=\S+ )*(?:npx )?(?:comporta|node bin\/comporta\.mjs) ([^;].*)$/g),
  );
}

describe('configurations in the pages', () => {
  const somewhere = { url: 'http://127.0.0.1:1' };
  const routes = [{ path: '/*', upstream: 'api' }];

  /** A whole configuration: parts of one stand in the simplest that has them. Undefined for other programs' files. */
  function wholeOf(content: Record<string, unknown>): object | undefined {
    if ('scrape_configs' in content || 'groups' in content) return undefined;
    if ('upstreams' in content) return content;
    if ('clients' in content) return { ...content, upstreams: { api: somewhere }, routes };
    return { upstreams: { api: { ...somewhere, ...content } }, routes };
  }

  const folder = mkdtempSync(join(tmpdir(), 'comporta-docs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const shown = markdownFiles.flatMap((file) =>
    codeBlocks(text(file))
      .filter(({ language }) => language === 'yaml')
      .flatMap(({ lines }, index) => {
        const whole = wholeOf(parse(lines.join('\n')));
        return whole === undefined ? [] : [{ file, index, whole }];
      }),
  );

  test('there are some', () => {
    expect(shown.length).toBeGreaterThan(8);
  });

  test.each(shown)('$file, block $index, is valid', ({ whole }) => {
    const file = join(folder, 'page.yaml');
    writeFileSync(file, stringify(whole));
    const loaded = loadConfig({ file, env: { SCORE_API_URL: 'https://score.example.com' } });
    expect('problems' in loaded ? loaded.problems.map(formatProblem) : []).toEqual([]);
  });
});
