import { describe, expect, test } from 'bun:test';
import { BURST_BOUNDS } from '../../../src/caller/burst-plan.ts';
import { parsePriorityMix } from '../../../src/caller/priority-mix.ts';
import { parseRate } from '../../../src/shared/units.ts';
import { BOUNDS, burstRequest, namedPreset, PRESET_IDS, presetOf, withPreset } from './burst-form.ts';
import { DATA, PASSED, SCORE } from './route.fixture.ts';

describe('presets', () => {
  test('are read by the server, and found again in the form', () => {
    for (const id of PRESET_IDS) {
      const form = withPreset(id);
      expect(presetOf(form)).toBe(id);
      const { priority_mix: mix, rate } = burstRequest(SCORE, 'GET', form) ?? {};
      if (mix !== undefined) expect(parsePriorityMix(mix).ok).toBe(true);
      if (rate !== undefined) expect(parseRate(rate)).toEqual({ count: 2, windowMs: 1_000 });
    }
    expect(presetOf({ ...withPreset('burst20'), count: 21 })).toBeUndefined();
    expect([namedPreset('mixed'), namedPreset('nonsense'), namedPreset(undefined)]).toEqual([
      'mixed',
      'burst50',
      'burst50',
    ]);
  });

  test('leave the client and the parameters alone', () => {
    const form = { ...withPreset('burst20'), client: 'me' };
    expect(withPreset('steady', form)).toMatchObject({ client: 'me', count: 60 });
  });

  test('bounds are the server’s', () => {
    expect(BOUNDS).toEqual({ count: BURST_BOUNDS.count, concurrency: BURST_BOUNDS.concurrency });
  });
});

describe('the request', () => {
  test('leaves out what is empty, and the CPF that each call brings', () => {
    const form = { ...withPreset('burst20'), params: { cpf: '11144477735' } };
    expect(burstRequest(SCORE, 'GET', form)).toEqual({
      route: '/proxy/score',
      method: 'GET',
      params: {},
      count: 20,
      same: false,
      client: 'load-test',
    });
    expect(burstRequest(SCORE, 'GET', { ...form, count: undefined })).toBeUndefined();
  });

  test('has a body and a path where the route takes them', () => {
    const form = { ...withPreset('burst20'), rest: '/items/1' };
    expect(burstRequest(DATA, 'POST', form)).toMatchObject({ body: '{}' });
    expect(burstRequest(PASSED, 'GET', form)).toMatchObject({ path: 'items/1' });
  });
});
