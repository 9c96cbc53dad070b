import { expect, test } from 'bun:test';
import { invalidConfig } from '../../../../src/server/admin/problems.ts';
import type { AuditEntry } from './audit-entry.ts';
import { refusalOf } from './reload-outcome.ts';
import { restartNeeded } from './restart-needed.ts';

test('a refused file keeps the place of every problem', async () => {
  const body = await invalidConfig([
    { file: 'comporta.yaml', line: 4, column: 5, path: 'upstreams.a', message: 'wrong', hint: 'mend it' },
    {
      file: '--listen',
      line: undefined,
      column: undefined,
      path: 'listen',
      message: 'wrong, too',
      hint: undefined,
    },
  ])
    .toResponse('request-1')
    .json();
  expect(refusalOf(body)).toEqual({
    kind: 'refused',
    problems: [
      { place: 'comporta.yaml:4:5', field: 'upstreams.a', message: 'wrong; mend it' },
      { place: '--listen', field: 'listen', message: 'wrong, too' },
    ],
    omitted: 0,
  });
});

test('other problems are not taken for one', () => {
  expect(refusalOf({ code: 'forbidden', errors: [] })).toBeUndefined();
  expect(refusalOf('<html>')).toBeUndefined();
  expect(refusalOf(undefined)).toBeUndefined();
});

test('a restart is needed until the process was started after the reload', () => {
  const reload: AuditEntry = {
    id: 1,
    at: '2026-03-10T12:00:00.000Z',
    actor: 'operator@10.0.0.7',
    action: 'config.reload',
    subject: 'config',
    before: null,
    after: { applied: [], restart: ['listen', 'log.level'], warnings: [] },
  };
  expect(restartNeeded(reload, '2026-03-10T11:00:00.000Z')).toEqual(['listen', 'log.level']);
  expect(restartNeeded(reload, '2026-03-10T12:30:00.000Z')).toEqual([]);
  expect(restartNeeded({ ...reload, after: { restart: [] } }, '2026-03-10T11:00:00.000Z')).toEqual([]);
  expect(restartNeeded({ ...reload, after: null }, '2026-03-10T11:00:00.000Z')).toEqual([]);
  expect(restartNeeded(undefined, '2026-03-10T11:00:00.000Z')).toEqual([]);
});
