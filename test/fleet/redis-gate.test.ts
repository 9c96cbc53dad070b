import { afterAll, beforeAll, describe } from 'bun:test';
import { gateContract } from '../contract/gate.contract.ts';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { VirtualFleet } from './virtual-fleet.fixture.ts';

/** What is granted and not written counts until it is, as in one process. */
const WITHOUT_FRESHNESS_MS = 1e9;

describe.skipIf(!hasRedis)('on a real Redis', () => {
  let server: TestRedis;
  let fleet: VirtualFleet | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await fleet?.close();
    await server.stop();
  });

  gateContract(
    'redis, one node',
    async (options) => {
      await fleet?.close();
      const started = await VirtualFleet.start(server.url, options.clock);
      fleet = started;
      const { gate } = started.add({ ...options, freshnessMs: WITHOUT_FRESHNESS_MS, rejoinMs: 0 });
      await gate.refresh();
      await started.settled();
      return {
        gate,
        settled: started.settled,
        refreshed: async () => {
          await gate.refresh();
          await started.settled();
        },
      };
    },
    { immediate: false },
  );
});
