// A process that writes to a SQLite ledger until it is killed: `bun test/support/ledger-writer.ts <url>`. Each line on
// stdout is how many commands are surely in, and how many rules.
import { ledgerAt } from '../../src/ledger/open-ledger.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { UsageFlusher } from '../../src/usage/flush.ts';
import { usageSample } from './usage-samples.ts';

const ledger = ledgerAt(process.argv[2]!);
await ledger.open();
const flusher = new UsageFlusher({ clock: systemClock, sink: ledger.usage, node: `writer-${process.pid}` });
let commands = 0;
for (let rules = 1; ; rules++) {
  for (let index = 0; index < 40; index++, commands++) {
    flusher.record(usageSample({ client: `c${index}`, path: `/items/${index % 10}` }));
  }
  await flusher.flush();
  const by = { actor: 'writer', atMs: systemClock.wallNow() };
  await ledger.rules.insert({ id: `rule-${rules}` }, by);
  console.log(JSON.stringify({ commands, rules }));
}
