import { describe, expect, test } from 'bun:test';
import {
  cycleIn,
  filesBelow,
  importsIn,
  importsOf,
  isTestFile,
  resolved,
  shown,
  textOf,
} from './support/imports.ts';

/**
 * The arrows of docs/architecture.md, held: a forbidden import or a cycle fails the build. Those of the dashboard are in
 * dashboard-architecture.test.ts.
 */

const MAX_LINES = 400;

interface RoomRule {
  /** Rooms whose files it may import; `types` takes only what is gone after compiling. */
  readonly may: Readonly<Record<string, 'anything' | 'types'>>;
  /** Libraries from npm and modules of Node that do I/O. */
  readonly libraries: readonly string[];
  readonly because: string;
}

const ROOMS: Readonly<Record<string, RoomRule>> = {
  shared: {
    may: {},
    libraries: ['node:net'],
    because: 'everybody stands on it, so it stands on nothing; of node:net it takes what tells an IP address',
  },
  policies: {
    may: { shared: 'anything' },
    libraries: ['http-cache-semantics', 'lru-cache', 'node:crypto'],
    because: 'pure decisions: no I/O, no timers, no state of others',
  },
  config: {
    may: { shared: 'anything', policies: 'anything' },
    libraries: ['zod', 'yaml', 'node:fs', 'node:path', 'node:net'],
    because: 'a file becomes the settings of policies; nothing that runs',
  },
  state: {
    may: { shared: 'anything', policies: 'anything' },
    libraries: ['ioredis', 'lru-cache', 'node:crypto', 'node:fs', 'node:path', 'node:url', 'node:zlib'],
    because: 'keeps what policies decide on; knows no request and no route',
  },
  usage: { may: { shared: 'anything' }, libraries: [], because: 'counts; knows only what it is told' },
  ledger: {
    may: { shared: 'anything', policies: 'types', usage: 'anything' },
    libraries: ['bun', 'lru-cache', 'node:fs', 'node:path'],
    because: 'durable state behind a contract of its own: it stores what others have counted and decided',
  },
  gateway: {
    may: { shared: 'anything', policies: 'anything', usage: 'anything', config: 'types', state: 'types' },
    libraries: ['node:net', 'node:tls', 'node:http', 'node:https', 'node:zlib'],
    because: 'the request’s way: it sees the contracts of state, never an adapter, and settings, never files',
  },
  live: {
    may: { shared: 'anything', usage: 'anything', policies: 'types', state: 'types', gateway: 'types' },
    libraries: [],
    because: 'keeps the last minute of what others have counted; whoever shows it asks',
  },
  fleet: {
    may: { shared: 'anything', usage: 'anything', live: 'anything', config: 'types', state: 'types' },
    libraries: ['node:crypto'],
    because: 'what a process tells the others, and what it knows of them; how it is told, is state’s affair',
  },
  server: {
    may: { shared: 'anything', usage: 'anything', gateway: 'anything' },
    libraries: [],
    because: 'sockets to commands and back',
  },
  'server/admin': {
    may: {
      shared: 'anything',
      caller: 'anything',
      config: 'anything',
      policies: 'anything',
      usage: 'anything',
      live: 'anything',
      fleet: 'anything',
      state: 'types',
      ledger: 'types',
      gateway: 'types',
      server: 'anything',
    },
    libraries: [
      'hono',
      '@hono/zod-openapi',
      '@asteasolutions/zod-to-openapi',
      'lru-cache',
      'node:crypto',
      'node:fs/promises',
      'node:path',
      'node:zlib',
    ],
    because:
      'checks what comes in by the configuration’s own schemas; what it shows and changes is handed in; of files it reads the built dashboard alone',
  },
  telemetry: {
    may: {
      shared: 'anything',
      policies: 'types',
      usage: 'types',
      state: 'types',
      gateway: 'types',
      server: 'types',
      fleet: 'anything',
    },
    libraries: ['pino', 'prom-client', 'node:fs'],
    because: 'implements the reporter that gateway asks for and the pages that server asks for; only looks',
  },
  sandbox: {
    may: { shared: 'anything' },
    libraries: ['zod', 'node:http', 'node:https'],
    because: 'the judge shares no code with the accused',
  },
  caller: {
    may: { shared: 'anything' },
    libraries: ['zod', 'node:http', 'node:https', 'node:zlib'],
    because: 'calls the gateway by its front door, as a client does: it knows nothing of what is behind it',
  },
  cli: {
    may: {
      shared: 'anything',
      caller: 'anything',
      config: 'anything',
      sandbox: 'anything',
      'server/admin': 'anything',
    },
    libraries: [
      'commander',
      'zod',
      'node:fs',
      'node:path',
      'node:url',
      'node:net',
      'node:os',
      'node:http',
      'node:https',
    ],
    because: 'commands; what runs a gateway is handed in by main.ts',
  },
};

/** The composition root: only these put parts together, and nobody imports them. */
const isComposition = (path: string): boolean =>
  path === 'src/main.ts' || path.startsWith('src/composition/');

const productFiles = filesBelow('src').filter((path) => path.endsWith('.ts') && !isTestFile(path));
const imports = productFiles.flatMap(importsOf);
const inside = imports.filter(({ to }) => to.startsWith('src/'));

const dashboardFiles = filesBelow('dashboard/src').filter((path) => /\.tsx?$/.test(path));

describe('rooms', () => {
  test('every folder of src/ is a room of the table', () => {
    const rooms = new Set(productFiles.filter((path) => !isComposition(path)).map(roomOf));
    expect([...rooms].filter((room) => ROOMS[room] === undefined)).toEqual([]);
  });

  for (const [room, { may, because }] of Object.entries(ROOMS)) {
    test(`${room} imports ${Object.keys(may).join(', ') || 'no other room'}: ${because}`, () => {
      const forbidden = inside
        .filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room)
        .filter(({ to, typeOnly }) => {
          const allowed = may[roomOf(to)];
          return allowed === undefined || (allowed === 'types' && !typeOnly);
        });
      expect(forbidden.map(shown)).toEqual([]);
    });
  }

  test('the table itself has no cycle, so the arrows never point back', () => {
    const arrows = new Map(Object.entries(ROOMS).map(([room, { may }]) => [room, Object.keys(may)]));
    expect(cycleIn(arrows)).toBeUndefined();
  });

  test('only the composition root knows an adapter of the state', () => {
    const known = inside.filter(
      ({ from, to }) => /^src\/state\/[^/]+\//.test(to) && roomOf(from) !== 'state' && !isComposition(from),
    );
    expect(known.map(shown)).toEqual([]);
  });

  test('nobody imports the composition root except main.ts', () => {
    const importers = inside.filter(({ from, to }) => isComposition(to) && !isComposition(from));
    expect(importers.map(shown)).toEqual([]);
  });

  test('the product imports no test, no fixture and nothing beside src/ but package.json', () => {
    const outside = imports.filter(
      ({ to }) =>
        to.startsWith('test/') ||
        isTestFile(to) ||
        (/^[a-z]+\//.test(to) && to.endsWith('.ts') && !to.startsWith('src/')),
    );
    expect(outside.map(shown)).toEqual([]);
  });
});

describe('libraries', () => {
  for (const [room, { libraries }] of Object.entries(ROOMS)) {
    test(`${room} uses ${libraries.join(', ') || 'none'}`, () => {
      const foreign = imports.filter(
        ({ from, to }) => roomOf(from) === room && !/^(src|test)\//.test(to) && !libraries.includes(to),
      );
      expect(foreign.map(shown)).toEqual([]);
    });
  }
});

describe('files', () => {
  test('no import cycle', () => {
    const arrows = new Map<string, string[]>();
    for (const { from, to, typeOnly } of inside) {
      if (!typeOnly) arrows.set(from, [...(arrows.get(from) ?? []), to]);
    }
    expect(cycleIn(arrows)).toBeUndefined();
  });

  test(`none is longer than ${MAX_LINES} lines`, () => {
    const long = ['src', 'dashboard/src', 'test', 'bench', 'scripts', 'bin']
      .flatMap(filesBelow)
      .filter((path) => /\.(tsx?|mjs|css)$/.test(path))
      .map((path) => ({ path, lines: textOf(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  test('each is named for its one concept', () => {
    const vague = ['src', 'dashboard/src', 'test', 'bench', 'scripts']
      .flatMap(filesBelow)
      // Names of i18next's namespaces are keys, not concepts.
      .filter((path) => !path.startsWith('dashboard/src/i18n/locales/'))
      .filter((path) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.[^/]*$)/.test(path));
    expect(vague).toEqual([]);
  });

  test('only the command line reads the environment; everybody else is handed what it needs', () => {
    const readers = productFiles.filter((path) => /\b(process|Bun)\s*\.\s*env\b/.test(textOf(path)));
    expect(readers.filter((path) => roomOf(path) !== 'cli' && path !== 'src/main.ts')).toEqual([]);
  });
});

describe('the scanner of this test', () => {
  test('sees every form of import', () => {
    const source = [
      "import a from '../a.ts';",
      "import type { B } from './b.ts';",
      "import {\n  type C,\n  d,\n} from './c.ts';",
      "export { e } from './e.ts';",
      "export type { F } from './f.ts';",
      "import './g.ts';",
      "const h = await import('./h.ts');",
      "import pkg from 'pino';",
    ].join('\n');
    expect(importsIn('src/room/x.ts', source)).toEqual([
      { from: 'src/room/x.ts', to: 'src/a.ts', typeOnly: false },
      { from: 'src/room/x.ts', to: 'src/room/b.ts', typeOnly: true },
      { from: 'src/room/x.ts', to: 'src/room/c.ts', typeOnly: false },
      { from: 'src/room/x.ts', to: 'src/room/e.ts', typeOnly: false },
      { from: 'src/room/x.ts', to: 'src/room/f.ts', typeOnly: true },
      { from: 'src/room/x.ts', to: 'src/room/g.ts', typeOnly: false },
      { from: 'src/room/x.ts', to: 'src/room/h.ts', typeOnly: false },
      { from: 'src/room/x.ts', to: 'pino', typeOnly: false },
    ]);
  });

  test('sees as many imports as Bun does', () => {
    const transpilers = {
      ts: new Bun.Transpiler({ loader: 'ts' }),
      tsx: new Bun.Transpiler({ loader: 'tsx' }),
    };
    for (const path of [...productFiles, ...dashboardFiles]) {
      const seen = new Set(importsOf(path).map(({ to }) => to));
      const transpiler = transpilers[path.endsWith('.tsx') ? 'tsx' : 'ts'];
      for (const { path: specifier } of transpiler.scanImports(textOf(path))) {
        // What JSX becomes is imported by nobody's hand.
        if (path.endsWith('.tsx') && /^react(\/jsx-(dev-)?runtime)?$/.test(specifier)) continue;
        expect(seen, path).toContain(resolved(path, specifier));
      }
    }
  });

  test('finds a cycle', () => {
    const arrows = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', ['d']],
      ['d', ['b']],
    ]);
    expect(cycleIn(arrows)).toEqual(['b', 'c', 'd', 'b']);
  });
});

/** The innermost room of the table that the file lies in; its top folder where the table has none. */
function roomOf(path: string): string {
  const [, room = '', inner = ''] = path.split('/');
  return ROOMS[`${room}/${inner}`] === undefined ? room : `${room}/${inner}`;
}
