// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration’s own variables look like that
import { afterAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { parseRedisUrl } from '../../state/redis/connection.ts';
import { accepted, ConfigFolder, withTop } from '../config-file.fixture.ts';
import { loadConfig } from '../load.ts';

const folder = new ConfigFolder();
afterAll(() => folder.remove());

describe('state', () => {
  const stateOf = (written: string) =>
    folder.loaded(withTop(`state: ${JSON.stringify(written)}`)).config.state;
  const problemsOf = (written: string) =>
    folder.problems(withTop(`state: ${JSON.stringify(written)}`)).join('\n');

  test('is the memory of the process unless it is said', () => {
    expect(folder.loaded(withTop('')).config.state).toEqual({ kind: 'memory' });
    expect(stateOf('memory:')).toEqual({ kind: 'memory' });
  });

  test.each([
    ['redis://localhost', 'redis://localhost'],
    ['redis://user:p%40ss@r.test:6380/2', 'redis://user:p%40ss@r.test:6380/2'],
    ['rediss://:secret@[::1]:6379', 'rediss://:secret@[::1]:6379'],
    ['REDIS://r.test', 'redis://r.test'],
    ['redis-sentinel://a.test,b.test:26380/mymaster', 'redis-sentinel://a.test,b.test:26380/mymaster'],
    ['redis+sentinel://:pw@a.test,b.test/mymaster/1', 'redis-sentinel://:pw@a.test,b.test/mymaster/1'],
    ['redis-cluster://a.test:7000,b.test:7001', 'redis-cluster://a.test:7000,b.test:7001'],
  ])('%s is a Redis, in words that the connection knows', (written, url) => {
    expect(stateOf(written)).toEqual({ kind: 'redis', url });
    expect(parseRedisUrl(url).hosts.length).toBeGreaterThan(0);
  });

  test.each([
    ['redis://', 'must name a host'],
    ['redis://host:0', 'must name a host'],
    ['redis://host:70000', 'must name a host'],
    ['redis://a.test,b.test', 'names several hosts; write redis-sentinel://'],
    ['redis://host/main', 'must end in the number of a database'],
    ['redis://host/0/1', 'must end in the number of a database'],
    ['redis://host?db=1', 'takes no `?`'],
    ['redis://user:pa:ss@host', '%3A for `:`'],
    ['redis://user:pa/ss@host', '%2F for `/`'],
    ['redis://user:pa%zz@host', 'write it as %25'],
    ['redis-sentinel://a.test,b.test', 'must name the group'],
    ['redis-cluster://a.test/1', 'takes no path'],
    ['memcached://host', 'expected memory:, redis://'],
    ['localhost:6379', 'expected memory:, redis://'],
  ])('%s is refused: %s', (written, message) => {
    expect(problemsOf(written)).toContain(message);
  });

  test('a password is in no message', () => {
    for (const url of [
      'redis://:hunter2@',
      'redis://:hunter2@a,b',
      'redis://:hunter2@h/x',
      'redos://:hunter2@h',
    ]) {
      expect(problemsOf(url)).not.toContain('hunter2');
    }
  });

  test('the shipped file takes it from REDIS_URL', () => {
    const file = fileURLToPath(new URL('../../../comporta.yaml', import.meta.url));
    expect(accepted(loadConfig({ file, env: {} })).config.state).toEqual({ kind: 'memory' });
    const env = { REDIS_URL: 'redis://r.test' };
    expect(accepted(loadConfig({ file, env })).config.state).toEqual({
      kind: 'redis',
      url: 'redis://r.test',
    });
  });
});

describe('fleet', () => {
  test('has defaults', () => {
    expect(folder.loaded(withTop('')).config.fleet).toEqual({
      name: 'comporta',
      freshnessMs: 50,
      eventualIntervalMs: 100,
    });
  });

  test.each(['Comporta', 'a b', 'a:b', '{a}', ''])('name must not be %p', (name) => {
    expect(folder.problems(withTop(`fleet: { name: ${JSON.stringify(name)} }`)).join()).toContain(
      'fleet.name: expected a-z, 0-9, _ and -, at most 32',
    );
  });
});
