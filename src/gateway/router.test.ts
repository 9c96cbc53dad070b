import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../shared/errors.ts';
import { Router } from './router.ts';

const route = (path: string, ...methods: string[]) => ({ config: { path, methods } });
const routes = [
  route('/proxy/score', 'GET'),
  route('/ml/*', '*'),
  route('/ml/items/*', 'GET', 'HEAD'),
  route('/ml/items/special', 'GET'),
  route('/data', 'GET'),
  route('/data', 'POST', 'PUT'),
];
const router = new Router(routes);

function refusal(method: string, path: string, among = router): GatewayError {
  try {
    among.match(method, path);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('was not refused');
}

describe('Router', () => {
  test.each([
    ['GET', '/proxy/score', '/proxy/score'],
    ['DELETE', '/ml/anything/below', '/ml/*'],
    ['GET', '/ml/', '/ml/*'],
    ['GET', '/ml', '/ml/*'],
    ['GET', '/ml/items/MLB1', '/ml/items/*'],
    ['GET', '/ml/items/special', '/ml/items/special'],
  ])('%s %s is taken by %s', (method, path, taken) => {
    expect(router.match(method, path).config.path).toBe(taken);
  });

  test('routes with one path share it by method', () => {
    expect(router.match('GET', '/data')).toBe(routes[4]!);
    expect(router.match('PUT', '/data')).toBe(routes[5]!);
  });

  test('a prefix ends at a slash: /mlx is not below /ml', () => {
    expect(refusal('GET', '/mlx').code).toBe('route_not_found');
  });

  test('an unknown path is route_not_found, whatever the method', () => {
    expect(refusal('POST', '/').code).toBe('route_not_found');
    expect(refusal('GET', '/proxy/score/').code).toBe('route_not_found');
  });

  test('another method is told every method of the path', () => {
    const error = refusal('DELETE', '/data');
    expect(error.code).toBe('method_not_allowed');
    expect(error.headers).toEqual([['Allow', 'GET, POST, PUT']]);
  });

  test('a catch-all takes what nothing else does, and never an exact path', () => {
    const all = new Router([route('/*', '*'), route('/only', 'GET')]);
    expect(all.match('GET', '/').config.path).toBe('/*');
    expect(all.match('GET', '/a/b/c').config.path).toBe('/*');
    expect(refusal('POST', '/only', all).code).toBe('method_not_allowed');
  });

  test('CONNECT goes nowhere, not even where any method may: it went out, and counted against the breaker', () => {
    const error = refusal('CONNECT', '/ml/items/1', new Router([route('/ml/*', '*')]));
    expect(error.code).toBe('method_not_allowed');
    expect(error.headers).toEqual([['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']]);
  });

  test('names of object properties are ordinary paths', () => {
    expect(refusal('GET', '/__proto__').code).toBe('route_not_found');
    expect(refusal('GET', '/constructor').code).toBe('route_not_found');
  });
});
