import { hasCurrent, isConditional } from '../../policies/cache/conditional.ts';
import { type CacheEntry, notModifiedFields } from '../../policies/cache/entry.ts';
import { StreamBody } from '../body.ts';
import type { Command } from '../command.ts';
import { headerOf, type Reply } from '../reply.ts';

/**
 * A stored answer for one command: a 304 for a client that has it already, without a body for HEAD, the stored
 * object itself for anybody else. `Age` goes with the command. Expects `entry.tick` of this moment.
 */
export function storedReply(command: Command, entry: CacheEntry): Reply {
  const { incoming } = command;
  const whole = wholeReply(command, entry);
  const isCurrent =
    isConditional(incoming) && entry.answer.status === 200 && hasCurrent(incoming, entry.facts);
  return isCurrent ? entry.notModified : whole;
}

/**
 * A stored answer that is given in spite of its age, and why. It is given whole: the conditions that the command
 * has below the cache stage are the cache's own.
 */
export function staleReply(command: Command, entry: CacheEntry, nowMs: number, detail: string): Reply {
  entry.tick(nowMs);
  command.cacheStatus = entry.staleStatus(nowMs, detail);
  return wholeReply(command, entry);
}

function wholeReply(command: Command, entry: CacheEntry): Reply {
  const { extraHeaders } = command;
  command.extraHeaders =
    extraHeaders === undefined ? entry.ageHeaders : [...extraHeaders, ...entry.ageHeaders];
  return command.method === 'HEAD' ? entry.head : entry.answer;
}

/**
 * An answer of the upstream for a client whose own conditions did not travel: a 304 when it has this version
 * already. A streamed body is passed on, as it may be under way.
 */
export function conditionalReply(command: Command, reply: Reply): Reply {
  if (reply.status !== 200 || reply.body instanceof StreamBody || !isConditional(command.incoming))
    return reply;
  const etag = headerOf(reply.headers, 'etag');
  const lastModified = headerOf(reply.headers, 'last-modified');
  if (!hasCurrent(command.incoming, { etag, lastModified })) return reply;
  return { status: 304, headers: notModifiedFields(reply.headers), body: undefined, origin: reply.origin };
}
