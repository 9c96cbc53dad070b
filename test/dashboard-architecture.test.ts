import { describe, expect, test } from 'bun:test';
import { cycleIn, filesBelow, importsOf, isTestFile, shown, textOf } from './support/imports.ts';

/** The arrows of the dashboard, held as those of the server are in architecture.test.ts. */

interface RoomRule {
  /** Rooms whose files it may import. */
  readonly may: readonly string[];
  readonly because: string;
}

const ROOMS: Readonly<Record<string, RoomRule>> = {
  i18n: { may: [], because: 'texts, numbers and dates, for everybody' },
  address: { may: [], because: 'what the address of the page says, and nothing of what it means' },
  api: { may: ['i18n'], because: 'asks the gateway; tells its errors in words' },
  ui: { may: ['i18n', 'api'], because: 'knows no page and no live data; of the API it shows errors alone' },
  live: { may: ['i18n', 'api', 'ui'], because: 'follows the stream and makes sentences and tones of it' },
  charts: { may: ['i18n', 'ui'], because: 'draws what it is given' },
  clients: { may: ['ui'], because: 'how clients are named and masked, on whichever page' },
  calls: {
    may: ['address', 'api', 'ui'],
    because: 'a route, chosen and filled in: Playground, load test and examples share it',
  },
  pacing: {
    may: ['address', 'api', 'charts', 'i18n', 'live', 'ui'],
    because: 'one picture, shown beside whatever makes the traffic',
  },
  pages: {
    may: ['address', 'api', 'calls', 'charts', 'clients', 'i18n', 'live', 'pacing', 'ui'],
    because: 'what two pages need lies in a room named for its concept',
  },
  app: {
    may: ['address', 'api', 'i18n', 'live', 'pages', 'ui'],
    because: 'stands around the pages; they do not know it',
  },
};

const files = filesBelow('dashboard/src').filter((path) => /\.tsx?$/.test(path));
const imports = files.flatMap(importsOf);
/** Of the product: tests may compare rooms with each other, and the dashboard with the server. */
const productImports = imports.filter(({ from }) => !isTestFile(from));
const inside = productImports.filter(({ to }) => to.startsWith('dashboard/src/'));

const roomOf = (path: string): string => path.split('/')[2] ?? '';
const isEntry = (path: string): boolean => path === 'dashboard/src/main.tsx';

describe('rooms', () => {
  test('every folder is a room of the table', () => {
    const rooms = new Set(files.filter((path) => !isEntry(path)).map(roomOf));
    expect([...rooms].sort()).toEqual(Object.keys(ROOMS).sort());
  });

  for (const [room, { may, because }] of Object.entries(ROOMS)) {
    test(`${room} imports ${may.join(', ') || 'no other room'}: ${because}`, () => {
      const forbidden = inside
        .filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room)
        .filter(({ to }) => !may.includes(roomOf(to)));
      expect(forbidden.map(shown)).toEqual([]);
    });
  }

  test('the table itself has no cycle, so the arrows never point back', () => {
    expect(cycleIn(new Map(Object.entries(ROOMS).map(([room, { may }]) => [room, may])))).toBeUndefined();
  });

  test('no page imports another', () => {
    const pageOf = (path: string): string | undefined => /^dashboard\/src\/pages\/([^/]+)\//.exec(path)?.[1];
    const between = inside.filter(
      ({ from, to }) => pageOf(from) !== undefined && pageOf(to) !== undefined && pageOf(from) !== pageOf(to),
    );
    expect(between.map(shown)).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('imports nothing of the server but types of the admin API; its tests may compare themselves with it', () => {
    const forbidden = productImports.filter(
      ({ to, typeOnly }) =>
        isTestFile(to) ||
        (/^(src|test|bench|scripts)\//.test(to) && !(typeOnly && to.startsWith('src/server/admin/'))),
    );
    expect(forbidden.map(shown)).toEqual([]);
  });

  test('is imported by nobody', () => {
    const others = filesBelow('src').filter((path) => path.endsWith('.ts'));
    const importers = others.flatMap(importsOf).filter(({ to }) => to.startsWith('dashboard/'));
    expect(importers.map(shown)).toEqual([]);
  });

  test('has no import cycle', () => {
    const arrows = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) {
      if (!typeOnly) arrows.set(from, [...(arrows.get(from) ?? []), to]);
    }
    expect(cycleIn(arrows)).toBeUndefined();
  });

  test('runs no code of a browser’s page from text, which its policy would refuse', () => {
    const unsafe = files.filter((path) =>
      /dangerouslySetInnerHTML|\binnerHTML\b|\beval\(|new Function\(|<style\b/.test(textOf(path)),
    );
    expect(unsafe).toEqual([]);
  });
});
