import { describe, expect, test } from 'bun:test';
import type { Grant } from '../../state/contracts.ts';
import { StreamBody } from '../body.ts';
import type { Reply } from '../reply.ts';
import type { Route } from '../route.ts';
import type { Transport } from '../transport/transport.ts';
import { Attempts, replyOf } from './attempt.fixture.ts';
import { type TransportServices, transportStage } from './transport.ts';

const encoder = new TextEncoder();

function streamed(pieces: readonly string[]): StreamBody {
  let next = 0;
  return new StreamBody({
    read: async () => {
      const piece = pieces[next++];
      return piece === undefined ? undefined : encoder.encode(piece);
    },
    cancel: () => {},
  });
}

async function send(config: Partial<Route['config']>, answer: Reply): Promise<Reply> {
  const transport: Transport = { send: async () => answer, close: () => {} };
  const attempts = new Attempts(() => answer);
  const route = { config: { coalesce: false, ...config }, upstream: {} } as unknown as Route;
  const services = { transport, maxEntryBytes: 10 } as TransportServices;
  const handler = transportStage(route, services as Parameters<typeof transportStage>[1])(() => answer);
  const command = attempts.command();
  command.grant = {} as Grant;
  return handler(command);
}

describe('the transport stage', () => {
  test('hands a streamed answer on where nobody needs it whole', async () => {
    const answer = replyOf(200, [], streamed(['a']));
    expect(await send({}, answer)).toBe(answer);
  });

  test('holds it where it may be shared, up to the largest entry', async () => {
    const reply = await send({ coalesce: true }, replyOf(200, [], streamed(['ab', 'cd'])));
    expect(reply.body).toEqual(encoder.encode('abcd'));
  });

  test('lets a larger one stream on, with nothing lost', async () => {
    const reply = await send({ coalesce: true }, replyOf(200, [], streamed(['12345678', '90ab', 'cd'])));
    const body = reply.body as StreamBody;
    let text = '';
    for (let piece = await body.read(); piece !== undefined; piece = await body.read()) {
      text += new TextDecoder().decode(piece);
    }
    expect(text).toBe('1234567890abcd');
  });

  test('a call without a grant is a defect', () => {
    const route = { config: { coalesce: false } } as unknown as Route;
    const handler = transportStage(route, {} as Parameters<typeof transportStage>[1])(() => replyOf(200));
    expect(() => handler(new Attempts(() => replyOf(200)).command())).toThrow('without a grant');
  });
});
