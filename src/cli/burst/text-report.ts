import type { BurstDocument } from '../../caller/burst-document.ts';
import type { LatencySummary } from '../../caller/percentiles.ts';
import type { SandboxVerdict } from '../../caller/sandbox-report.ts';
import { formatDuration, formatRate } from '../../shared/units.ts';
import type { Paint } from '../terminal.ts';

/** The report for people, ending in a newline. */
export function textReport(report: BurstDocument, paint: Paint): string {
  const { completed, succeeded, failed, unfinished, count } = report;
  const lines = [
    paint(
      failed === 0 && unfinished === 0 ? 'green' : 'red',
      `${succeeded} of ${count} calls succeeded in ${shown(report.totalMs)} (${report.ratePerSec.toFixed(1)}/s)`,
    ),
    ...(unfinished > 0 ? [`stopped early: ${unfinished} calls have no answer`] : []),
    '',
    row('latency', latencies(report.latencyMs)),
  ];
  if (report.urgencies.some((group) => group.urgency !== null)) {
    for (const group of report.urgencies) {
      const name = group.urgency === null ? '  no priority' : `  priority ${group.urgency}`;
      lines.push(row(name, `${latencies(group.latencyMs)}  (${group.calls} calls)`));
    }
  }
  lines.push(row('cache hits', `${report.cacheHits} of ${completed}`));
  lines.push(row('failures', String(failed)));
  for (const [code, calls] of Object.entries(report.failures).sort(([, one], [, other]) => other - one)) {
    lines.push(row(`  ${code}`, String(calls)));
  }
  lines.push(row('seed', String(report.seed)));
  if (report.sandbox !== null) lines.push('', ...sandboxLines(report.sandbox, paint));
  return `${lines.join('\n')}\n`;
}

function sandboxLines(verdict: SandboxVerdict, paint: Paint): string[] {
  const { arrivals, closestSpacingMs, violations } = verdict;
  return [
    paint('bold', `the sandbox at ${verdict.url} (allows ${formatRate(verdict.rate)}) saw`),
    row(
      'arrivals',
      arrivals === 0 ? '0: the calls were answered without it, or went elsewhere' : String(arrivals),
    ),
    row('closest spacing', closestSpacingMs === null ? '-' : `${closestSpacingMs.toFixed(3)}ms`),
    row('violations', paint(violations === 0 ? 'green' : 'red', String(violations))),
  ];
}

function row(name: string, value: string): string {
  return `${name.padEnd(16)} ${value}`;
}

function latencies(summary: LatencySummary | null): string {
  if (summary === null) return '-';
  const { p50, p95, p99, max } = summary;
  return `p50 ${shown(p50)}  p95 ${shown(p95)}  p99 ${shown(p99)}  max ${shown(max)}`;
}

/** Three figures are enough for reading: `25.13s`, `12.3ms`. */
function shown(ms: number): string {
  return formatDuration(ms >= 1_000 ? Math.round(ms / 10) * 10 : Math.round(ms * 10) / 10);
}
