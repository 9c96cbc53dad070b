import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ledgerAt } from '../../src/ledger/open-ledger.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { UsageFlusher } from '../../src/usage/flush.ts';
import { POSTGRES_MISSING, postgresPrograms, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { usageSample } from '../support/usage-samples.ts';
import { ledgerContract } from './ledger.contract.ts';

test('a PostgreSQL that is not there is told as unavailable, at every try', async () => {
  const ledger = ledgerAt('postgres://nobody@127.0.0.1:1/nothing');
  for (let attempt = 0; attempt < 2; attempt++) {
    const outcome = await ledger.open().catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: 'ledger_unavailable' });
  }
  await ledger.close();
});

if (postgresPrograms() === undefined) {
  console.log(`LEFT OUT: the ledger contract on PostgreSQL. ${POSTGRES_MISSING}`);
} else {
  let server: TestPostgres;
  let databases = 0;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  ledgerContract('PostgreSQL', async () => {
    const url = await server.database(`ledger_${++databases}`);
    return { connect: () => ledgerAt(url), dispose: async () => {} };
  });

  describe('PostgreSQL goes away', () => {
    test('nothing is lost and nothing counted twice, however often it is killed', async () => {
      const ledger = ledgerAt(await server.database('away'));
      await ledger.open();
      const flusher = new UsageFlusher({
        clock: systemClock,
        sink: ledger.usage,
        node: 'survivor',
        maxChunkRows: 20,
      });
      let recorded = 0;
      const record = (count: number): void => {
        for (let index = 0; index < count; index++, recorded++) {
          flusher.record(usageSample({ client: `c${index % 97}`, path: `/items/${index % 31}` }));
        }
      };
      for (let round = 0; round < 2; round++) {
        record(500);
        // Killed in the middle: some parts are in, one may or may not be.
        const flushing = flusher.flush().catch(() => {});
        await server.kill();
        await flushing;
        record(500);
        const outcome = await flusher.flush().catch((error: unknown) => error);
        expect(outcome).toMatchObject({ code: 'ledger_unavailable' });
        expect(flusher.status()).toMatchObject({ degraded: true });
        await server.start();
        expect(await flusher.close(10_000)).toBe(true);
      }
      expect(flusher.status()).toMatchObject({ degraded: false, pendingCommands: 0 });
      const range = { fromMs: systemClock.wallNow() - 3_600_000, toMs: systemClock.wallNow() + 60_000 };
      for (const groupBy of [[], ['client'], ['path'], ['client', 'path']] as const) {
        const answer = await ledger.usage.query({ ...range, groupBy });
        if (answer.kind !== 'rows') throw new Error(answer.kind);
        let count = 0;
        for await (const row of answer.rows) count += row.count;
        expect(count).toBe(recorded);
      }
      await ledger.close();
    }, 60_000);
  });
}
