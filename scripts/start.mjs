// `npm start`: installs what is missing, then starts the gateway.
import { ensureInstalled } from './ensure-installed.mjs';

ensureInstalled();
process.argv.splice(2, 0, 'start');
await import('../bin/comporta.mjs');
