import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { hasRedis, startRedis } from '../../../test/support/redis.ts';
import { refusalIn, sayFault } from './fault.ts';
import { checkKey } from './keys.ts';
import { checkServer } from './server-check.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** `call('HSET', …` and `redis.call('HSET', …` of a Lua file. */
const commandsOf = (file: string): string[] =>
  [...readFileSync(HERE + file, 'utf8').matchAll(/call\('([A-Z]+)'/g)].map(([, name]) => name!);

test('every command that a script uses is tried', () => {
  const scripts = [...new Bun.Glob('**/*.lua').scanSync(HERE)].filter((file) => file !== 'check.lua');
  expect(scripts.length).toBeGreaterThan(15);
  const tried = new Set(commandsOf('check.lua'));
  const used = new Set(scripts.flatMap(commandsOf));
  expect(used.size).toBeGreaterThan(20);
  expect([...used].filter((name) => !tried.has(name))).toEqual([]);
});

test('it is tried on the node of the key that was refused', () => {
  expect(checkKey('shop')).toBe('{shop:check}:check');
  expect(checkKey('shop', '{shop:gate:score}:queue')).toBe('{shop:gate:score}:check');
  expect(checkKey('shop', 'untagged')).toBe('{shop:check}:check');
});

test('what is wrong with one command says nothing of the server', () => {
  for (const text of [
    'ERR wrong number of arguments',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    'NOSCRIPT No matching script. Please use EVAL.',
    'Connection is closed.',
  ]) {
    expect(refusalIn(new Error(text))).toBeUndefined();
  }
});

test('a fault names the keys and channels of its fleet, and repeats no more than one line', () => {
  const { message } = sayFault(
    new Error(`NOPERM this user has no permissions\n${'x'.repeat(9_999)}`),
    'shop',
  );
  expect(message).toContain('~{shop:* &shop:*');
  expect(message).toEndWith('(NOPERM this user has no permissions)');
});

describe.skipIf(!hasRedis)('a server that is there', () => {
  const RIGHTS =
    'on >pw ~{shop:* &shop:* +@read +@write +@scripting +@connection +publish +subscribe +unsubscribe +time -@dangerous +info';

  test('is enough with the rights that the how-to names, and not with one less; nothing is left behind', async () => {
    const redis = await startRedis();
    const direct = new Redis(redis.url);
    const app = async () => {
      const client = new Redis(`redis://app:pw@127.0.0.1:${redis.port}`, { lazyConnect: true });
      await client.connect();
      return client;
    };
    const codeWith = async (...more: string[]) => {
      await direct.call('ACL', 'SETUSER', 'app', 'reset', ...RIGHTS.split(' '), ...more);
      // Known scripts are run by their names.
      await direct.script('FLUSH');
      const [commands, subscriber] = [await app(), await app()];
      const fault = await checkServer({ link: { commands, subscriber }, prefix: 'shop' });
      for (const client of [commands, subscriber]) client.disconnect();
      return fault?.code;
    };
    try {
      expect(await codeWith()).toBeUndefined();
      expect(await direct.dbsize()).toBe(0);
      for (const less of [
        '-zadd',
        '-unlink',
        '-eval',
        '-evalsha',
        '-publish',
        '-subscribe',
        '-time',
        '-info',
      ]) {
        expect([less, await codeWith(less)]).toEqual([less, 'permission']);
      }
      expect(await codeWith('resetkeys', '~other:*')).toBe('permission');
      expect(await codeWith('resetchannels', '&other')).toBe('permission');
      expect(await codeWith()).toBeUndefined();
    } finally {
      direct.disconnect();
      await redis.stop();
    }
  }, 20_000);
});
