import type { AuditEntry } from '../../api/types.ts';

/**
 * Paths whose new values wait for a restart, by the newest reload: each reload names all of them again. One from
 * before the start of this process waits for nothing any more.
 */
export function restartNeeded(newest: AuditEntry | undefined, startedAt: string): readonly string[] {
  if (newest?.action !== 'config.reload' || Date.parse(newest.at) < Date.parse(startedAt)) return [];
  const { after } = newest;
  if (typeof after !== 'object' || after === null || !('restart' in after)) return [];
  return Array.isArray(after.restart) ? after.restart.filter((path) => typeof path === 'string') : [];
}
