import { describe, expect, test } from 'bun:test';
import { Fixture } from '../ports.fixture.ts';
import type { ConfigEntry } from '../ports.ts';

const entry = (path: string, value: ConfigEntry['value'], secret = false): ConfigEntry => ({
  path,
  value,
  secret,
  origin: { kind: 'file', where: 'comporta.yaml:1:1' },
});

describe('GET', () => {
  test('tells values and where they came from', async () => {
    const fixture = new Fixture();
    fixture.configEntries = [
      { path: 'listen', value: '127.0.0.1:8000', secret: false, origin: { kind: 'flag', where: '--listen' } },
      { path: 'max_body', value: '1mb', secret: false, origin: { kind: 'default', where: '' } },
      {
        path: 'upstreams.score.concurrency',
        value: undefined,
        secret: false,
        origin: { kind: 'default', where: '' },
      },
    ];
    const { json } = await fixture.call('GET', '/config');
    expect(json.items).toEqual([
      { path: 'listen', value: '127.0.0.1:8000', secret: false, origin: { kind: 'flag', where: '--listen' } },
      { path: 'max_body', value: '1mb', secret: false, origin: { kind: 'default', where: '' } },
      {
        path: 'upstreams.score.concurrency',
        value: null,
        secret: false,
        origin: { kind: 'default', where: '' },
      },
    ]);
  });

  test('hides secrets, also those that nobody has marked', async () => {
    const fixture = new Fixture();
    fixture.configEntries = [
      entry('state', 'redis://somebody:hunter2@redis:6379', true),
      entry('ledger', 'postgres://somebody:hunter2@db/comporta'),
      entry('admin.token', 'hunter2'),
      entry('admin.viewer_token', ''),
      entry('headers', { api_key: 'hunter2', list: ['http://u:hunter2@x'] }),
    ];
    const { json, text } = await fixture.call('GET', '/config');
    expect(text).not.toContain('hunter2');
    expect(json.items.map(({ value, secret }: ConfigEntry) => [value, secret])).toEqual([
      ['***', true],
      ['postgres://***@db/comporta', false],
      ['***', true],
      ['', true],
      [{ api_key: '***', list: ['http://***@x'] }, false],
    ]);
  });
});

describe('reload', () => {
  test('tells what is in force and what needs a restart', async () => {
    const fixture = new Fixture();
    fixture.reload = {
      kind: 'applied',
      applied: ['upstreams.score.limits'],
      restart: ['listen'],
      warnings: [
        { file: 'c.yaml', line: 3, column: 1, path: 'x', message: 'has no effect', hint: undefined },
      ],
    };
    const { status, json } = await fixture.call('POST', '/config/reload');
    expect(status).toBe(200);
    expect(json).toEqual({
      applied: ['upstreams.score.limits'],
      restart: ['listen'],
      warnings: ['c.yaml:3:1 x: has no effect'],
    });
    expect(fixture.audit[0]).toMatchObject({
      action: 'config.reload',
      after: { applied: ['upstreams.score.limits'] },
    });
  });

  test('a file with problems is 400 with each place', async () => {
    const fixture = new Fixture();
    fixture.reload = {
      kind: 'rejected',
      problems: [
        {
          file: 'comporta.yaml',
          line: 12,
          column: 5,
          path: 'upstreams.score.limits[0]',
          message: 'expected a rate',
          hint: 'write 1 per 1s',
        },
        {
          file: '.env',
          line: undefined,
          column: undefined,
          path: '',
          message: 'cannot be read',
          hint: undefined,
        },
      ],
    };
    const { status, json } = await fixture.call('POST', '/config/reload');
    expect([status, json.code]).toEqual([400, 'invalid_config']);
    expect(json.errors).toEqual([
      {
        field: 'upstreams.score.limits[0]',
        message: 'expected a rate; write 1 per 1s',
        file: 'comporta.yaml',
        line: 12,
        column: 5,
      },
      { field: '', message: 'cannot be read', file: '.env' },
    ]);
    expect(fixture.audit).toEqual([]);
  });
});
