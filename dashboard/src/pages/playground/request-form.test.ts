import { describe, expect, test } from 'bun:test';
import { DATA, PASSED, SCORE } from '../../calls/route.fixture.ts';
import { chosenMethod, chosenRoute, methodsOf, routeKey } from '../../calls/route-choice.ts';
import { curlOf, shownTarget } from './curl.ts';
import { EMPTY_FORM, playgroundRequest } from './request-form.ts';

const BASE = 'http://127.0.0.1:8000';

describe('the route', () => {
  const routes = [DATA, PASSED, SCORE];

  test('is the named one, else the first that is read and cached, else the first', () => {
    expect(chosenRoute(routes, '/ml/*', undefined)).toBe(PASSED);
    expect(chosenRoute(routes, undefined, undefined)).toBe(SCORE);
    expect(chosenRoute(routes, '/gone', undefined)).toBe(SCORE);
    expect(chosenRoute([DATA], undefined, undefined)).toBe(DATA);
    expect(chosenRoute([], undefined, undefined)).toBeUndefined();
  });

  test('is found by its method where two share a path', () => {
    const reading = { ...DATA, methods: ['GET'] };
    expect(chosenRoute([reading, DATA], DATA.path, 'POST')).toBe(DATA);
    expect(routeKey(reading)).not.toBe(routeKey(DATA));
  });

  test('has a method that it takes', () => {
    expect(chosenMethod(DATA, 'GET')).toBe('POST');
    expect(chosenMethod(PASSED, undefined)).toBe('GET');
    expect(chosenMethod(PASSED, 'PUT')).toBe('PUT');
    expect(methodsOf(PASSED)).toContain('DELETE');
  });
});

describe('the request', () => {
  test('carries what was said and nothing that was left empty', () => {
    const form = {
      ...EMPTY_FORM,
      params: { cpf: ' 111.444.777-35 ', other: 'of another route' },
      client: ' ',
      headers: [
        { id: 1, name: 'X-A', value: 'b' },
        { id: 2, name: ' ', value: 'nobody' },
      ],
    };
    expect(playgroundRequest(SCORE, 'GET', form)).toEqual({
      route: '/proxy/score',
      method: 'GET',
      params: { cpf: '111.444.777-35' },
      headers: { 'X-A': 'b' },
    });
  });

  test('carries urgency 0 as a number', () => {
    expect(playgroundRequest(SCORE, 'GET', { ...EMPTY_FORM, priority: '0' }).priority).toBe(0);
  });

  test('has a body and a rest of the path only where the route takes one', () => {
    const form = { ...EMPTY_FORM, rest: '/items/1', body: '{"a":1}' };
    expect(playgroundRequest(DATA, 'POST', form)).toMatchObject({ body: '{"a":1}' });
    expect(playgroundRequest(DATA, 'POST', form)).not.toHaveProperty('path');
    expect(playgroundRequest(PASSED, 'GET', form)).toMatchObject({ path: 'items/1' });
    expect(playgroundRequest(PASSED, 'GET', form)).not.toHaveProperty('body');
  });
});

describe('curl', () => {
  test('hides personal values from the eye and keeps them for the clipboard', () => {
    const form = { ...EMPTY_FORM, params: { cpf: '11144477735' }, client: 'demo', priority: '0' };
    const { real, shown } = curlOf(BASE, SCORE, playgroundRequest(SCORE, 'GET', form));
    expect(real).toBe(`curl -i '${BASE}/proxy/score?cpf=11144477735&priority=0&client_id=demo'`);
    expect(shown).toBe(`curl -i '${BASE}/proxy/score?cpf=***&priority=0&client_id=demo'`);
  });

  test('hides tax ids and secrets that were typed elsewhere', () => {
    const form = {
      ...EMPTY_FORM,
      rest: 'people/111.444.777-35',
      client: '11144477735',
      headers: [{ id: 1, name: 'Authorization', value: 'Bearer abc' }],
    };
    const request = playgroundRequest(PASSED, 'GET', form);
    const { real, shown } = curlOf(BASE, PASSED, request);
    expect(shown).toBe(`curl -i '${BASE}/ml/people/***' -H 'client-id: ***' -H 'Authorization: ***'`);
    expect(shownTarget(PASSED, request)).toBe('/ml/people/***');
    expect(real).toContain('Bearer abc');
  });

  test('survives a shell', () => {
    const request = playgroundRequest(DATA, 'POST', { ...EMPTY_FORM, client: '', body: `{"a":"it's"}` });
    expect(curlOf(`${BASE}/`, DATA, request).real).toBe(
      `curl -i -X POST '${BASE}/api/proxy/data' -H 'Content-Type: application/json' --data-raw '{"a":"it'\\''s"}'`,
    );
  });
});
