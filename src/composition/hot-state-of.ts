import type { HotState, HotStateNeeds } from './hot-state.ts';
import { MemoryState } from './memory-state.ts';

/** Hot state, where the configuration says. */
export function hotStateOf(needs: HotStateNeeds): HotState {
  const { state } = needs.config;
  if (state.kind === 'memory') return new MemoryState(needs);
  // The client for Redis takes 25 ms and 13 MB to load: a gateway that has no Redis does without it.
  const { RedisState } = require('./redis-state.ts') as typeof import('./redis-state.ts');
  return new RedisState(needs, state.url);
}
