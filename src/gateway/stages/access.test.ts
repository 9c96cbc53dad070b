import { expect, test } from 'bun:test';
import { parseRule } from '../../config/schema/access-rule.ts';
import type { AccessRule } from '../../policies/access/rule.ts';
import { GatewayError } from '../../shared/errors.ts';
import { VirtualClock } from '../../shared/virtual-clock.ts';
import { MemoryAccessControl } from '../../state/memory/access-control.ts';
import { MemoryClientLimiter } from '../../state/memory/client-limiter.ts';
import type { Command } from '../command.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../route.ts';
import { accessStage } from './access.ts';

const rate = { count: 2, windowMs: 60_000 };
const reply: Reply = { status: 200, headers: [], body: undefined, origin: 'upstream' };

function stage(by: 'ip' | 'client', async = false) {
  const clock = new VirtualClock();
  const limiter = new MemoryClientLimiter({ clock, rate, algorithm: 'sliding_window' });
  const route = { config: { clientLimit: { rate, by, algorithm: 'sliding_window' } } } as unknown as Route;
  const clientLimiter = async ? { take: (client: string) => Promise.resolve(limiter.take(client)) } : limiter;
  let calls = 0;
  const handle = accessStage(route, { access: new MemoryAccessControl({ clock }), clientLimiter })(() => {
    calls++;
    return reply;
  });
  return { handle, clock, calls: () => calls };
}

const command = (client: string, ip: string) =>
  ({ client, ip, extraHeaders: undefined }) as unknown as Command;

function refusal(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('was let in');
}

test('lets the limit through and refuses the next, saying when to come back', () => {
  const { handle, clock, calls } = stage('client');
  const first = command('a', '1.1.1.1');
  expect(handle(first)).toBe(reply);
  expect(first.extraHeaders).toEqual([
    ['RateLimit-Policy', '"client";q=2;w=60'],
    ['RateLimit', '"client";r=1;t=60'],
  ]);
  handle(command('a', '2.2.2.2'));
  const over = command('a', '3.3.3.3');
  const error = refusal(() => handle(over));
  expect(error.code).toBe('client_rate_limited');
  expect(new Map(over.extraHeaders).get('RateLimit')).toContain('r=0');
  expect(calls()).toBe(2);
  clock.advance(error.retryAfterMs!);
  expect(handle(command('a', '1.1.1.1'))).toBe(reply);
});

test('counts each client for itself, by the identity that is configured', () => {
  const byClient = stage('client');
  for (const client of ['a', 'a', 'b', 'b']) byClient.handle(command(client, '1.1.1.1'));
  expect(byClient.calls()).toBe(4);
  const byIp = stage('ip');
  byIp.handle(command('a', '1.1.1.1'));
  byIp.handle(command('b', '1.1.1.1'));
  expect(refusal(() => byIp.handle(command('c', '1.1.1.1'))).code).toBe('client_rate_limited');
});

test('a limiter that answers later decides all the same', async () => {
  const { handle } = stage('client', true);
  await handle(command('a', ''));
  await handle(command('a', ''));
  expect(handle(command('a', ''))).rejects.toMatchObject({ code: 'client_rate_limited' });
});

test('without rules and limits nobody is looked at', () => {
  const access = new MemoryAccessControl({ clock: new VirtualClock() });
  const passing = command('a', '1.1.1.1');
  expect(
    accessStage({ config: {} } as Route, { access, clientLimiter: undefined })(() => reply)(passing),
  ).toBe(reply);
  expect(passing.extraHeaders).toBeUndefined();
});

const rule = (fields: object) => {
  const parsed = parseRule({ id: 'r', action: 'deny', ...fields });
  if (Array.isArray(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed as AccessRule;
};

function ruled(...rules: AccessRule[]) {
  const clock = new VirtualClock();
  const access = new MemoryAccessControl({ clock });
  access.replaceRules(rules);
  const handle = accessStage({ config: {} } as Route, { access, clientLimiter: undefined })(() => reply);
  const from = (ip: string, clientId?: string) =>
    ({ client: clientId ?? ip, clientId, ip, path: '/ml/items/1', method: 'GET' }) as unknown as Command;
  return { handle, from, clock };
}

test('a rule that denies refuses with its id, and only those it is about', () => {
  const { handle, from } = ruled(rule({ client: '10.0.0.0/8', path: '/ml/*' }));
  const error = refusal(() => handle(from('10.1.2.3')));
  expect([error.code, error.status]).toEqual(['access_denied', 403]);
  expect(error.message).toContain('`r`');
  expect(handle(from('192.0.2.1'))).toBe(reply);
});

test('a rule with a limit tells what is left, refuses above it, and lets in again when it said', () => {
  const { handle, from, clock } = ruled(rule({ action: 'throttle', client: '10.0.0.1', limit: '2 per 1m' }));
  const first = from('10.0.0.1');
  handle(first);
  expect(new Map(first.extraHeaders).get('RateLimit')).toBe('"r";r=1;t=60');
  handle(from('10.0.0.1'));
  const error = refusal(() => handle(from('10.0.0.1')));
  expect(error.code).toBe('client_rate_limited');
  clock.advance(error.retryAfterMs!);
  expect(handle(from('10.0.0.1'))).toBe(reply);
});

test('a shadow rule refuses nobody', () => {
  const { handle, from } = ruled(rule({ shadow: true }));
  expect(handle(from('10.0.0.1'))).toBe(reply);
});
