import { describe, expect, test } from 'bun:test';
import type { ParamConfig } from '../config/schema/route.ts';
import type { RouteConfig, UpstreamConfig } from '../config/schema.ts';
import { GatewayError } from '../shared/errors.ts';
import { compileAdmission, type IncomingRequest } from './admission.ts';

const param = (config: Partial<ParamConfig> = {}): ParamConfig => ({
  required: false,
  pattern: undefined,
  personal: false,
  control: undefined,
  ...config,
});

/** As the shipped configuration's /proxy/score, as far as admission looks. */
function admission(changes: Partial<RouteConfig> = {}, identify = SOURCES) {
  const config = {
    path: '/proxy/score',
    rewrite: '/api/score',
    params: {
      cpf: param({ required: true, pattern: 'cpf', personal: true }),
      priority: param({ control: 'urgency' }),
      client_id: param({ control: 'client' }),
    },
    client: { header: 'client-id', default: undefined, required: true },
    urgency: 3,
    ...changes,
  } as RouteConfig;
  const upstream = { queue: { maxWaitMs: 60_000 } } as UpstreamConfig;
  return compileAdmission({ config, upstream, label: config.path }, identify);
}

const SOURCES = [
  { kind: 'header', name: 'client-id' },
  { kind: 'query', name: 'client_id' },
  { kind: 'ip' },
] as const;

const request = (
  query: string,
  headers: Record<string, string> = { 'client-id': 'team-a' },
): IncomingRequest => ({
  id: 'r-1',
  method: 'GET',
  path: '/proxy/score',
  query,
  headers: new Headers(headers),
  body: { kind: 'none' },
  ip: '10.0.0.9',
  arrivedAtMs: 1_000,
  abort: new AbortController(),
});

function refused(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('was admitted');
}

describe('parameters', () => {
  test('a CPF is sent as digits, however it was punctuated', () => {
    const command = admission()(request('cpf=529.982.247-25&x=1'));
    expect(command.target).toBe('/api/score?cpf=52998224725&x=1');
    expect(command.params).toEqual({ cpf: '52998224725' });
  });

  test.each(['', 'cpf=', 'cpf=123', 'cpf=123456789012', 'cpf=5299822472a', 'cpf=%zz'])(
    '“%s” is refused, naming the parameter and never the value',
    (query) => {
      const error = refused(() => admission()(request(query)));
      expect(error.code).toBe('invalid_request');
      expect(error.message).toContain('`cpf`');
      const value = query.split('=')[1];
      if (value) expect(error.message).not.toContain(value);
    },
  );

  test('a pattern of one’s own must match the whole value', () => {
    const admit = admission({ params: { sku: param({ pattern: '[A-Z]{3}' }) }, client: undefined });
    expect(admit(request('sku=ABC')).params).toEqual({ sku: 'ABC' });
    expect(refused(() => admit(request('sku=ABCD'))).message).toContain('`sku`');
  });
});

describe('the client', () => {
  test('is named by the first source that says something', () => {
    expect(admission()(request('cpf=52998224725&client_id=b')).client).toBe('team-a');
    const command = admission()(request('cpf=52998224725&client_id=team-b', {}));
    expect(command.client).toBe('team-b');
    expect(command.incoming.get('client-id')).toBe('team-b');
    expect(command.target).toBe('/api/score?cpf=52998224725');
  });

  test('is the default when nobody says, and the upstream is told', () => {
    const admit = admission({ client: { header: 'client-id', default: 'house', required: true } });
    const command = admit(request('cpf=52998224725', {}));
    expect(command.client).toBe('house');
    expect(command.incoming.get('client-id')).toBe('house');
  });

  test('is never an address where the upstream is told who calls', () => {
    const error = refused(() => admission()(request('cpf=52998224725', {})));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain('`client-id`');
    expect(error.message).toContain('`client_id`');
  });

  test('is the address on a route that tells nobody', () => {
    expect(admission({ client: undefined })(request('cpf=52998224725', {})).client).toBe('10.0.0.9');
  });

  test.each(['a%0d%0aX-Evil:%201', 'a%00', 'x'.repeat(257)])('an id such as %s is refused', (id) => {
    expect(refused(() => admission()(request(`cpf=52998224725&client_id=${id}`, {}))).code).toBe(
      'invalid_request',
    );
  });
});

describe('urgency', () => {
  test.each([
    ['priority=0', {}, 0],
    ['priority=7', { priority: 'u=1' }, 7],
    ['', { priority: 'u=1, i' }, 1],
    ['', { priority: 'i, u=5' }, 5],
    ['', { priority: 'i' }, 3],
    ['priority=', {}, 3],
    ['', {}, 3],
  ])('“%s” with %p', (query, headers, urgency) => {
    const command = admission()(request(`cpf=52998224725&${query}`, { 'client-id': 'a', ...headers }));
    expect(command.urgency).toBe(urgency as typeof command.urgency);
  });

  test.each([
    ['priority=8', {}],
    ['priority=-1', {}],
    ['priority=x', {}],
    ['priority=1.5', {}],
    ['', { priority: 'u=9' }],
    ['', { priority: 'u=high' }],
  ])('“%s” with %p is refused', (query, headers) => {
    const error = refused(() =>
      admission()(request(`cpf=52998224725&${query}`, { 'client-id': 'a', ...(headers as object) })),
    );
    expect(error.code).toBe('invalid_request');
  });
});

test('the deadline is the upstream’s longest wait', () => {
  expect(admission()(request('cpf=52998224725')).deadlineMs).toBe(61_000);
});

test('a route without declared parameters passes the query on byte for byte', () => {
  const admit = admission({ params: {}, client: undefined });
  expect(admit(request('a=%7e&&b=+')).target).toBe('/api/score?a=%7e&&b=+');
});
