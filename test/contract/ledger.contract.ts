import { describe, expect, test } from 'bun:test';
import { retentionContract } from './ledger-retention.contract.ts';
import { rulesContract } from './ledger-rules.contract.ts';
import { by, type LedgerHome, ledgerSuite, rule } from './ledger-suite.ts';
import { usageContract } from './ledger-usage.contract.ts';

/** What every ledger does, whatever engine it is on. `home` makes an empty database. */
export function ledgerContract(engine: string, home: () => Promise<LedgerHome>): void {
  const suite = ledgerSuite(engine, home);
  rulesContract(suite);
  usageContract(suite);
  retentionContract(suite);

  describe(`${engine}: opening`, () => {
    test('several nodes that start at once migrate once', async () => {
      const place = await home();
      const nodes = Array.from({ length: 4 }, () => place.connect());
      await Promise.all(nodes.map((node) => node.open()));
      await nodes[0]!.rules.insert(rule('shared'), by);
      for (const node of nodes) expect(await node.rules.list()).toHaveLength(1);
      await Promise.all(nodes.map((node) => node.close()));
      await place.dispose();
    });

    test('what was written is there after a restart', async () => {
      const place = await home();
      const before = place.connect();
      await before.rules.insert(rule('lasting'), by);
      await before.close();
      const after = place.connect();
      expect((await after.rules.get('lasting'))?.document).toEqual({ id: 'lasting' });
      await after.close();
      await place.dispose();
    });

    test('after closing, everything is refused by name', async () => {
      const place = await home();
      const ledger = place.connect();
      await ledger.open();
      await ledger.close();
      const outcome = await ledger.rules.list().catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: 'ledger_unavailable' });
      await place.dispose();
    });
  });
}
