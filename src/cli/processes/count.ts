import { availableParallelism } from 'node:os';

const MOST_PROCESSES = 256;

/** How many processes `--processes` asks for; text: why not, and what to do. */
export function processCount(
  written: string,
  state: 'memory' | 'redis',
  cpus: number = availableParallelism(),
): number | string {
  const count = written === 'auto' ? cpus : Number(written);
  if (!Number.isInteger(count) || count < 1 || count > MOST_PROCESSES) {
    const hint = `this machine has ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`;
    return `--processes takes a whole number from 1 to ${MOST_PROCESSES}, or auto (${hint}).`;
  }
  if (state === 'redis') return count;
  return '--processes needs a Redis that the processes pace through: each alone would send the whole limit. Set REDIS_URL=redis://host:6379 (`state` in the file), or start without --processes.';
}
