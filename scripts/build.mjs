// `npm run build`: builds the dashboard where it is missing or older than its sources. `npm start` does so, too.
import { ensureDashboard } from './ensure-dashboard.mjs';
import { ensureInstalled } from './ensure-installed.mjs';

ensureInstalled();
const problem = ensureDashboard();
if (problem === undefined) {
  console.error('comporta: the dashboard is built, in dashboard/dist.');
} else {
  console.error(`comporta: ${problem}.`);
  process.exit(1);
}
