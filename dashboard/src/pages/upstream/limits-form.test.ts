import { describe, expect, test } from 'bun:test';
import { allShown, changeOf, formOf, problemAt } from './limits-form.ts';

const settings = {
  limits: ['1 per 1s', { rate: '1000 per 1d', even: true as const }],
  concurrency: null,
  queue: { policy: 'priority' as const, aging: '30s', max_size: 100 },
  breaker: null,
};

describe('the form of the limits', () => {
  test('gives back what is in force when nothing was changed', () => {
    expect(changeOf(formOf(settings))).toEqual({ limits: settings.limits, concurrency: null });
    expect(changeOf(formOf({ ...settings, concurrency: 4 })).concurrency).toBe(4);
  });

  test('keeps an empty line at its place, for the server to complain about', () => {
    const lines = [
      { id: 0, rate: ' ', even: false },
      { id: 1, rate: ' 2 per 1s ', even: false },
    ];
    expect(changeOf({ lines, concurrency: undefined }).limits).toEqual(['', '2 per 1s']);
  });
});

describe('what the server said', () => {
  const errors = [
    { field: 'limits[1]', message: 'bad' },
    { field: 'limits[1].rate', message: 'worse' },
    { field: 'limits[10]', message: 'another' },
  ];

  test('is shown at its field only', () => {
    expect(problemAt(errors, 'limits[1]')).toBe('bad; worse');
    expect(problemAt(errors, 'limits[10]')).toBe('another');
    expect(problemAt(errors, 'limits[0]')).toBeUndefined();
  });

  test('is told as a whole unless every complaint has its field', () => {
    expect(allShown(errors, ['limits[1]', 'limits[10]'])).toBe(true);
    expect(allShown(errors, ['limits[1]'])).toBe(false);
    expect(allShown([], ['limits[1]'])).toBe(false);
  });
});
