import type { Command } from '../command.ts';

/** Hands what was found out about one command to another that stands for the same request. */
export function copyProgress(from: Command, to: Command): void {
  to.attempts = from.attempts;
  to.queueMs = from.queueMs;
  to.upstreamMs = from.upstreamMs;
  to.cacheStatus = from.cacheStatus;
  to.extraHeaders = from.extraHeaders;
  to.grant = from.grant;
  to.errorCode = from.errorCode;
}
