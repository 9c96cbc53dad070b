import { parseRate } from '../../shared/units.ts';
import { parseClientMatcher } from './client-matcher.ts';
import { parsePathMatcher } from './path-matcher.ts';
import type { AccessRule, RuleFile } from './rule.ts';

/** A rule from the few fields that a test is about, written as in files; the rest is as in files without them. */
export function accessRule(
  written: Partial<Omit<RuleFile, 'block_for'>> & { readonly blockForMs?: number },
): AccessRule {
  const client = parseClientMatcher(written.client ?? '*');
  const path = parsePathMatcher(written.path ?? '*');
  if (client === undefined) throw new Error(`not a client: ${written.client}`);
  if (path === undefined || 'why' in path) throw new Error(`not a path: ${written.path}`);
  const limit = written.limit === undefined ? undefined : parseRate(written.limit);
  if (written.limit !== undefined && limit === undefined) throw new Error(`not a rate: ${written.limit}`);
  return {
    id: written.id ?? 'rule',
    enabled: written.enabled ?? true,
    shadow: written.shadow ?? false,
    client,
    path,
    methods: written.methods ?? ['*'],
    limit,
    action: written.action ?? (limit === undefined ? 'deny' : 'throttle'),
    algorithm: written.algorithm ?? 'sliding_window',
    enforce: written.enforce ?? 'exact',
    blockForMs: written.blockForMs,
    note: written.note ?? '',
  };
}
