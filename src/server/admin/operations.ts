import type { Operation } from './operation.ts';
import { auditOperations } from './resources/audit.ts';
import { breakerOperations } from './resources/breaker.ts';
import { burstOperations } from './resources/bursts.ts';
import { cacheOperations } from './resources/cache.ts';
import { configOperations } from './resources/config.ts';
import { deniedOperations } from './resources/denied.ts';
import { fleetOperations } from './resources/fleet.ts';
import { liveOperations } from './resources/live.ts';
import { overviewOperations } from './resources/overview.ts';
import { playgroundOperations } from './resources/playground.ts';
import { queueOperations } from './resources/queue.ts';
import { requestOperations } from './resources/requests.ts';
import { routeOperations } from './resources/routes.ts';
import { ruleTestOperations } from './resources/rule-test.ts';
import { ruleTransferOperations } from './resources/rule-transfer.ts';
import { ruleOperations } from './resources/rules.ts';
import { sessionOperations } from './resources/session.ts';
import { upstreamOperations } from './resources/upstreams.ts';
import { usageOperations } from './resources/usage.ts';

/** Everything that the admin API can do, in the order of the OpenAPI document. Fixed paths before `{id}`. */
export const operations: readonly Operation[] = [
  ...sessionOperations,
  ...overviewOperations,
  ...fleetOperations,
  ...liveOperations,
  ...requestOperations,
  ...upstreamOperations,
  ...breakerOperations,
  ...queueOperations,
  ...ruleTestOperations,
  ...ruleTransferOperations,
  ...ruleOperations,
  ...deniedOperations,
  ...usageOperations,
  ...cacheOperations,
  ...configOperations,
  ...auditOperations,
  ...routeOperations,
  ...playgroundOperations,
  ...burstOperations,
];
