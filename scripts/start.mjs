// `npm start`: installs what is missing, builds the dashboard where it is not, then starts the gateway.
import { ensureDashboard } from './ensure-dashboard.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

ensureInstalled();
// The gateway does its work without a dashboard, too.
const problem = ensureDashboard();
if (problem !== undefined)
  console.error(
    `comporta: ${problem}. The gateway starts all the same, with the dashboard of an earlier build or none.`,
  );
process.argv.splice(2, 0, 'start');
await import('../bin/comporta.mjs');
