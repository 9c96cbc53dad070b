import { expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';

test('the list has who is denied, until when and by which rule', async () => {
  const fixture = new Fixture();
  fixture.access.deny('10.0.0.1', 60_000, 'slow');
  fixture.access.deny('client:team a/b', 30_000, 'slow');
  const { json } = await fixture.call('GET', '/denied');
  expect(json).toEqual({
    items: [
      {
        client: 'client:team a/b',
        rule: 'slow',
        until: new Date(fixture.clock.wallNow() + 30_000).toISOString(),
        refused: 0,
      },
      {
        client: '10.0.0.1',
        rule: 'slow',
        until: new Date(fixture.clock.wallNow() + 60_000).toISOString(),
        refused: 0,
      },
    ],
    total: 2,
    limit: 100,
    offset: 0,
  });
});

test('a client is freed, whatever its id is made of', async () => {
  const fixture = new Fixture();
  for (const client of ['10.0.0.1', '2001:db8::1', 'client:team a/b%']) {
    fixture.access.deny(client, 60_000, 'slow');
    expect((await fixture.call('DELETE', `/denied/${encodeURIComponent(client)}`)).status).toBe(204);
    expect(fixture.audit[0]).toMatchObject({
      action: 'denial.lift',
      subject: `client/${client}`,
      before: { client, rule: 'slow' },
    });
  }
  expect(fixture.access.denied()).toEqual([]);
  expect((await fixture.call('DELETE', '/denied/10.0.0.1')).json.code).toBe('not_found');
});
