import { expect, test } from 'bun:test';
import { settle } from '../../../shared/virtual-clock.ts';
import type { RedisLink } from '../link.ts';
import type { Change, SharedRevisions } from '../revisions/shared-revisions.ts';
import { Generations } from './generations.ts';

type Told = Record<string, string>;

/** Redis whose answers to readings come when the test says so. */
function readings() {
  const asked: Array<PromiseWithResolvers<Told>> = [];
  const raised: string[] = [];
  const link = {
    isUp: true,
    onChange: () => () => {},
    commands: {
      hgetall: () => {
        const one = Promise.withResolvers<Told>();
        asked.push(one);
        return one.promise;
      },
      hincrby: async (_key: string, route: string) => raised.push(route),
    },
  };
  let change: (change: Change) => void = () => {};
  let rereads = 0;
  const revisions = {
    on: (_subject: string, listener: typeof change) => {
      change = listener;
      return () => {};
    },
    bump: async () => {},
    reread: () => {
      rereads++;
    },
  };
  const purged: Array<string | undefined> = [];
  const local = {
    purge: (prefix?: string) => {
      purged.push(prefix);
      return 0;
    },
  };
  const generations = new Generations(
    link as unknown as RedisLink,
    revisions as unknown as SharedRevisions,
    local,
    'p',
  );
  let revision = 0;
  return {
    generations,
    asked,
    purged,
    raised,
    rereads: () => rereads,
    tell: (forgot = false) => change({ revision: ++revision, forgot }),
    answer: async (told: Told) => {
      asked.shift()!.resolve(told);
      await settle();
    },
    fail: async () => {
      asked.shift()!.reject(new Error('away'));
      await settle();
    },
  };
}

test('a purge that comes while the one before it is read is made, too', async () => {
  const { tell, answer, asked, purged } = readings();
  await answer({});
  tell();
  tell();
  // Made before the second purge, and comes after its message.
  await answer({ '/a': '1' });
  await answer({ '/a': '1', '/b': '1' });
  expect(purged).toEqual(['/a\n', '/b\n']);
  expect(asked).toHaveLength(0);
});

test('many changes while one is read are one more reading', async () => {
  const { tell, answer, asked } = readings();
  for (let times = 0; times < 100; times++) tell();
  expect(asked).toHaveLength(1);
  await answer({});
  expect(asked).toHaveLength(1);
  await answer({});
  expect(asked).toHaveLength(0);
});

test.each(['before', 'after'])(
  'Redis that forgot %s an answer was made takes nothing from this node',
  async (when) => {
    const { tell, answer, purged, raised } = readings();
    await answer({ '/a': '3' });
    tell();
    tell(true);
    await answer(when === 'before' ? {} : { '/a': '3' });
    await answer({});
    // A purge since then is made.
    tell();
    await answer({ '/b': '1' });
    expect(purged).toEqual(['/b\n']);
    expect(raised).toEqual([]);
  },
);

test('that Redis forgot is still known when the reading failed', async () => {
  const { tell, answer, fail, purged, rereads } = readings();
  await answer({ '/a': '3' });
  tell(true);
  await fail();
  expect(rereads()).toBe(1);
  tell();
  await answer({});
  expect(purged).toEqual([]);
});
