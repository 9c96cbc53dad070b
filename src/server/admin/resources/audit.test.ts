import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';

async function withEntries(count: number): Promise<Fixture> {
  const fixture = new Fixture();
  for (let index = 0; index < count; index++) {
    await fixture.call('DELETE', index % 2 === 0 ? '/cache' : '/cache?route=/proxy/score');
  }
  return fixture;
}

test('pages go from the newest to the oldest, and none is missing', async () => {
  const fixture = await withEntries(5);
  const seen: number[] = [];
  let before = '';
  for (;;) {
    const { json } = await fixture.call('GET', `/audit?limit=2${before}`);
    seen.push(...json.items.map(({ id }: { id: number }) => id));
    if (json.next_before === null) break;
    before = `&before=${json.next_before}`;
  }
  expect(seen).toEqual([5, 4, 3, 2, 1]);
});

test('an entry says who, what, when, before and after', async () => {
  const fixture = await withEntries(1);
  const { json } = await fixture.call('GET', '/audit');
  expect(json.items).toEqual([
    {
      id: 1,
      at: new Date(fixture.clock.wallNow()).toISOString(),
      actor: 'local@127.0.0.1',
      action: 'cache.purge',
      subject: 'cache',
      before: { purged: 2 },
      after: null,
    },
  ]);
});

test('by subject', async () => {
  const fixture = await withEntries(4);
  const { json } = await fixture.call('GET', `/audit?subject=${encodeURIComponent('cache/proxy/score')}`);
  expect(json.items.map(({ id }: { id: number }) => id)).toEqual([4, 2]);
});

test('by action and actor, together with the subject', async () => {
  const fixture = await withEntries(2);
  await fixture.call('POST', '/config/reload');
  const ids = async (query: string) => {
    const { json } = await fixture.call('GET', `/audit?${query}`);
    return json.items.map(({ id }: { id: number }) => id);
  };
  expect(await ids('action=config.reload')).toEqual([3]);
  expect(await ids('action=cache.purge')).toEqual([2, 1]);
  expect(await ids('action=cache.purge&subject=cache')).toEqual([1]);
  expect(await ids('actor=local%40127.0.0.1')).toEqual([3, 2, 1]);
  expect(await ids('actor=local')).toEqual([]);
  expect((await fixture.call('GET', '/audit?action=')).status).toBe(400);
});
