import { expect, test } from 'bun:test';
import { Command } from '../gateway/command.ts';
import type { HeaderList, Reply } from '../gateway/reply.ts';
import type { Route } from '../gateway/route.ts';
import { toResponse } from './response.ts';

const reply: Reply = {
  status: 200,
  headers: [
    ['Content-Type', 'application/json'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ],
  body: new TextEncoder().encode('{"n":1}'),
  origin: 'upstream',
};

function command(id: string, cacheStatus?: string, extraHeaders?: HeaderList): Command {
  const made = new Command({
    path: '/',
    clientId: undefined,
    id,
    route: {} as Route,
    method: 'GET',
    target: '/',
    params: {},
    incoming: new Headers(),
    body: { kind: 'none' },
    client: 'c',
    ip: '1.1.1.1',
    urgency: 3,
    arrivedAtMs: 0,
    deadlineMs: 1_000,
    abort: new AbortController(),
  });
  made.cacheStatus = cacheStatus;
  made.extraHeaders = extraHeaders;
  return made;
}

test('a reply that goes out again carries nothing of who got it before', async () => {
  const age: HeaderList = [['Age', '1']];
  const one = toResponse(reply, command('id-1', 'hit; ttl=9', age));
  const two = toResponse(reply, command('id-2', 'hit; ttl=9', age));
  const limited = toResponse(reply, command('id-3', 'hit; ttl=9', [...age, ['RateLimit', 'x']]));
  const later = toResponse(reply, command('id-4', 'hit; ttl=8', [['Age', '2']]));
  const plain = toResponse(reply, command('id-5', 'hit; ttl=8'));

  expect([one, two, limited, later, plain].map(({ headers }) => headers.get('x-request-id'))).toEqual([
    'id-1',
    'id-2',
    'id-3',
    'id-4',
    'id-5',
  ]);
  expect([one, two, limited, later, plain].map(({ headers }) => headers.get('age'))).toEqual([
    '1',
    '1',
    '1',
    '2',
    null,
  ]);
  expect([one, two, limited, later].map(({ headers }) => headers.get('ratelimit'))).toEqual([
    null,
    null,
    'x',
    null,
  ]);
  expect(later.headers.get('cache-status')).toBe('comporta; hit; ttl=8');
  for (const response of [one, two, limited, later, plain]) {
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.text()).toBe('{"n":1}');
  }
});

test('the upstream’s own request id stays, an answer of ours has the command’s', () => {
  const headers: HeaderList = [...reply.headers, ['X-Request-Id', 'theirs']];
  const theirs = toResponse({ ...reply, headers }, command('ours'));
  const ours = toResponse({ ...reply, headers, origin: 'gateway' }, command('ours'));
  expect(theirs.headers.get('x-request-id')).toBe('theirs');
  expect(ours.headers.get('x-request-id')).toBe('ours');
});

test('an answer that waited tells its timings, also when it is a stored one', () => {
  const waited = command('id', 'hit; ttl=-3; detail=queue_full');
  waited.queueMs = 12.34;
  expect(toResponse(reply, waited).headers.get('server-timing')).toBe('queue;dur=12.3');
  const atOnce = toResponse(reply, command('id', 'hit; ttl=-3; detail=queue_full'));
  expect(atOnce.headers.get('server-timing')).toBeNull();
});
