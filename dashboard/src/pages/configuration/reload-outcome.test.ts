import { expect, test } from 'bun:test';
import { invalidConfig } from '../../../../src/server/admin/problems.ts';
import { ApiError, placeOf, problemOf } from '../../api/problem.ts';
import type { AuditEntry } from '../../api/types.ts';
import { refusalOf } from './reload-outcome.ts';
import { restartNeeded } from './restart-needed.ts';

test('a refused file keeps the place of every problem', async () => {
  const answer = invalidConfig([
    { file: 'comporta.yaml', line: 4, column: 5, path: 'upstreams.a', message: 'wrong', hint: 'mend it' },
    {
      file: '--listen',
      line: undefined,
      column: undefined,
      path: 'listen',
      message: 'wrong, too',
      hint: undefined,
    },
  ]).toResponse('request-1');
  const refusal = refusalOf(await problemOf(answer));
  expect(refusal?.problems.map(placeOf)).toEqual(['comporta.yaml:4:5', '--listen']);
  expect(refusal).toEqual({
    kind: 'refused',
    problems: [
      { file: 'comporta.yaml', line: 4, column: 5, field: 'upstreams.a', message: 'wrong; mend it' },
      { file: '--listen', field: 'listen', message: 'wrong, too' },
    ],
    omitted: 0,
  });
});

test('what is not told of the problems is counted', async () => {
  const problem = { file: 'c.yaml', line: 1, column: 1, path: 'a', message: 'wrong', hint: undefined };
  const answer = invalidConfig(Array.from({ length: 1_002 }, () => problem)).toResponse('request-1');
  expect(refusalOf(await problemOf(answer))).toMatchObject({ kind: 'refused', omitted: 2 });
});

test('other problems are not taken for one', () => {
  expect(refusalOf(new ApiError(403, 'forbidden', '', ''))).toBeUndefined();
  expect(refusalOf(new Error('invalid_config'))).toBeUndefined();
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
