import type { TimelineEntry } from '../../api/types.ts';
import { NOW } from '../../live/live.fixture.ts';

/** What happened, as the gateway sends it, for tests. */
export function timelineEntry(
  kind: TimelineEntry['kind'],
  facts: TimelineEntry['facts'],
  upstream: string | null = 'score',
): TimelineEntry {
  return { id: 1, at: new Date(NOW).toISOString(), kind, upstream, facts, times: 1 };
}
