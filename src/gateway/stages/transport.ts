import { collect, StreamBody } from '../body.ts';
import type { Reply } from '../reply.ts';
import type { StageFactory } from '../stage.ts';
import type { Transport } from '../transport/transport.ts';

export interface TransportServices {
  readonly transport: Transport;
  /** The largest answer that is held whole so that it can be stored and shared. */
  readonly maxEntryBytes: number;
}

/** The upstream call: the innermost step, with nothing below it. */
export const transportStage: StageFactory<TransportServices> = (route, { transport, maxEntryBytes }) => {
  const { cache, coalesce, envelope } = route.config;
  const held = cache !== undefined || coalesce || envelope !== undefined;
  return () => (command) => {
    const { grant } = command;
    if (grant === undefined) throw new Error('a call reached the transport without a grant');
    const answer = transport.send(command, grant);
    return held ? answer.then((reply) => hold(reply, maxEntryBytes)) : answer;
  };
};

/** An answer without a declared length streams in, and can be shared only once it is here. */
async function hold(reply: Reply, maxBytes: number): Promise<Reply> {
  if (!(reply.body instanceof StreamBody)) return reply;
  return { ...reply, body: await collect(reply.body, maxBytes) };
}
