import { describe, expect, test } from 'bun:test';
import type { Rule } from '../../api/types.ts';
import { bodyOf, bodyWith, complaintsOf, formOf, newForm, type RuleForm } from './rule-form.ts';

function rule(given: Partial<Rule> = {}): Rule {
  return {
    id: 'slow-items',
    enabled: true,
    shadow: false,
    client: '10.0.0.0/8',
    path: '/ml/items/*',
    methods: ['GET', 'HEAD'],
    limit: '5 per 1m',
    action: 'throttle',
    algorithm: 'token_bucket',
    enforce: 'eventual',
    block_for: '10m',
    note: 'too eager',
    source: 'api',
    version: 7,
    created_at: '2026-11-21T06:00:00.000Z',
    updated_at: '2026-11-21T06:00:00.000Z',
    counters: { matched: 3, refused: 1, shadow_refused: 0 },
    ...given,
  };
}

const form = (given: Partial<RuleForm> = {}): RuleForm => ({ ...formOf(rule()), ...given });

describe('formOf and bodyOf', () => {
  test('give the same rule again, without what only answers have', () => {
    const { source, version, created_at, updated_at, counters, ...document } = rule();
    expect(bodyOf(formOf(rule()), rule())).toEqual(document);
  });

  test('know each kind of client', () => {
    for (const client of ['*', '10.1.2.3', '2001:db8::/32', 'client:web', 'client:192.0.2.1']) {
      expect(bodyOf(formOf(rule({ client }))).client, client).toBe(client);
    }
    expect(formOf(rule({ client: 'client:web' }))).toMatchObject({ who: 'id', client: 'web' });
    expect(formOf(rule({ client: '*' }))).toMatchObject({ who: 'any', client: '' });
  });

  test('take an empty path and no methods for any', () => {
    expect(bodyOf(form({ path: ' ', methods: ' ' }))).toMatchObject({ path: '*', methods: ['*'] });
    expect(formOf(rule({ methods: ['*'] })).methods).toBe('');
    expect(bodyOf(form({ methods: 'get, Post head' })).methods).toEqual(['GET', 'POST', 'HEAD']);
  });

  test('leave out what the action does not take, though it stands in the form', () => {
    const allowed = bodyOf(form({ action: 'allow' }));
    expect('limit' in allowed).toBe(false);
    expect('block_for' in allowed).toBe(false);
    expect('block_for' in bodyOf(form({ action: 'deny', limit: '' }))).toBe(false);
  });

  test('hide a tax id, and keep it where nothing else was typed', () => {
    const original = rule({
      client: 'client:52998224725',
      path: '/p/52998224725',
      note: 'of 529.982.247-25',
    });
    const shown = formOf(original);
    expect(JSON.stringify(shown)).not.toMatch(/529/);
    expect(bodyOf({ ...shown, limit: '9 per 1m' }, original)).toMatchObject({
      client: 'client:52998224725',
      path: '/p/52998224725',
      note: 'of 529.982.247-25',
      limit: '9 per 1m',
    });
    expect(bodyOf({ ...shown, client: 'web' }, original).client).toBe('client:web');
  });
});

test('newForm is about the client that is named', () => {
  expect(newForm()).toMatchObject({ who: 'any', action: 'throttle' });
  expect(newForm('web')).toMatchObject({ who: 'id', client: 'web' });
  expect(newForm('10.0.0.7')).toMatchObject({ who: 'address', client: '10.0.0.7' });
});

test('bodyWith turns a switch and changes nothing else', () => {
  const body = bodyWith(rule(), { enabled: false });
  expect(body).toEqual({ ...bodyOf(formOf(rule()), rule()), enabled: false });
  expect('note' in bodyWith(rule({ note: undefined }), {})).toBe(false);
});

describe('complaintsOf', () => {
  test('has none of a rule that the server took', () => {
    expect(complaintsOf(form())).toEqual({});
    expect(complaintsOf(form({ who: 'any', path: '*', methods: '*', blockFor: '' }))).toEqual({});
    expect(complaintsOf(form({ action: 'deny', limit: '', blockFor: '' }))).toEqual({});
    expect(complaintsOf(form({ action: 'allow' }))).toEqual({});
    expect(complaintsOf(formOf(rule({ client: 'client:52998224725', path: '/p/52998224725' })))).toEqual({});
  });

  test('names the field and what is wrong with it', () => {
    expect(complaintsOf(form({ id: 'a b' })).id).toBe('id');
    expect(complaintsOf(form({ id: 'export' })).id).toBe('idReserved');
    expect(complaintsOf(form({ who: 'address', client: '10.0.0.300' })).client).toBe('address');
    expect(complaintsOf(form({ who: 'id', client: ' ' })).client).toBe('clientId');
    expect(complaintsOf(form({ path: 'items' })).path).toBe('path');
    expect(complaintsOf(form({ path: '/a*' })).path).toBe('path');
    expect(complaintsOf(form({ path: '/a?b=1' })).path).toBe('path');
    expect(complaintsOf(form({ methods: '4' })).methods).toBe('methods');
    expect(complaintsOf(form({ limit: '', blockFor: '' })).limit).toBe('limitNeeded');
    expect(complaintsOf(form({ limit: 'five' })).limit).toBe('limit');
    expect(complaintsOf(form({ blockFor: '10' })).block_for).toBe('blockFor');
    expect(complaintsOf(form({ action: 'deny', limit: '' })).block_for).toBe('blockNeedsLimit');
    expect(complaintsOf(form({ note: 'a\nb' })).note).toBe('note');
  });
});
