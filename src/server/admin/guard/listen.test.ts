import { expect, test } from 'bun:test';
import { adminListenProblem } from './listen.ts';

test.each(['127.0.0.1', '127.0.0.53', 'localhost', '::1', '::ffff:127.0.0.1'])(
  '%s needs no token',
  (host) => {
    expect(adminListenProblem({ host, port: 8001 }, false)).toBeUndefined();
  },
);

test.each(['0.0.0.0', '::', '10.0.0.1', 'comporta.example', '128.0.0.1', '127.evil.example'])(
  '%s needs a token',
  (host) => {
    expect(adminListenProblem({ host, port: 8001 }, true)).toBeUndefined();
    expect(adminListenProblem({ host, port: 8001 }, false)).toContain('without a token');
  },
);

test('the sentence names the address and both ways out', () => {
  const problem = adminListenProblem({ host: '::', port: 9000 }, false);
  expect(problem).toContain('[::]:9000');
  expect(problem).toContain('admin.token');
  expect(problem).toContain('127.0.0.1:9000');
});
