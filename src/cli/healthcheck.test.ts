import { expect, test } from 'bun:test';
import { systemClock } from '../shared/clock.ts';
import { VirtualClock } from '../shared/virtual-clock.ts';
import { Exited, FakeTerminal } from './burst/fake-terminal.ts';
import { healthcheckCommand } from './healthcheck.ts';

async function run(args: string[], clock = systemClock) {
  const terminal = new FakeTerminal();
  try {
    await healthcheckCommand({ terminal, clock }).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
  }
  return terminal;
}

test('200 is ready; anything else, nobody, or nobody in time is not', async () => {
  let hanging = 0;
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/readyz') return new Response('ok');
      if (pathname === '/moved') return Response.redirect('/readyz');
      if (pathname === '/draining') return new Response('draining', { status: 503 });
      hanging += 1;
      return new Promise<Response>(() => {});
    },
  });
  const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  expect(await run(['--url', at('/readyz')])).toMatchObject({
    exitCode: 0,
    stdout: `${at('/readyz')}: ready\n`,
    stderr: '',
  });
  expect(await run(['--url', at('/draining')])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: `${at('/draining')}: not ready: answered 503\n`,
  });
  expect((await run(['--url', at('/moved')])).exitCode).toBe(1);
  const clock = new VirtualClock();
  const pending = run(['--url', at('/hang'), '--timeout', '500ms'], clock);
  while (hanging === 0) await Bun.sleep(1);
  clock.advance(500);
  expect(await pending).toMatchObject({ exitCode: 1, stderr: `${at('/hang')}: no answer within 500ms\n` });
  await server.stop(true);
  expect(await run(['--url', at('/readyz')])).toMatchObject({
    exitCode: 1,
    stderr: `${at('/readyz')}: nothing listens there\n`,
  });
});

test('wrong usage is exit 64', async () => {
  expect((await run(['--timeout', 'soon'])).exitCode).toBe(64);
  expect((await run(['--url', 'nowhere'])).exitCode).toBe(64);
});
