import type { Reply } from '../gateway/reply.ts';
import type { OwnPages } from './edge.ts';

/** What `/metrics` can say. */
export interface MetricsPages {
  json(): Promise<Record<string, unknown>>;
  prometheus(openMetrics: boolean): Promise<{ readonly contentType: string; readonly text: string }>;
}

const encoder = new TextEncoder();

function json(status: number, content: unknown): Reply {
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['Cache-Control', 'no-store'],
    ],
    body: encoder.encode(JSON.stringify(content)),
    origin: 'gateway',
  };
}

/** Whether new calls are welcome. `degraded`: they are, and something that is not needed for them is away. */
export type PageReadiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'degraded' | 'unready'; readonly reasons: readonly string[] };

/** An open breaker or a database that is away makes no node unready: calls are answered all the same. */
function readyPage(readiness: PageReadiness): Reply {
  if (readiness.kind === 'ready') return json(200, { status: 'ready' });
  if (readiness.kind === 'degraded') return json(200, { status: 'degraded', reasons: readiness.reasons });
  return json(503, { status: readiness.reasons[0] ?? 'unready' });
}

/** Signs of life: what the gateway says of itself on the data plane. */
export function ownPages(state: {
  readonly readiness: () => PageReadiness;
  readonly metrics: MetricsPages;
}): OwnPages {
  const { readiness, metrics } = state;
  return new Map<string, (request: Request) => Reply | Promise<Reply>>([
    ['/health', () => json(200, { status: 'healthy' })],
    ['/livez', () => json(200, { status: 'alive' })],
    ['/readyz', () => readyPage(readiness())],
    [
      '/metrics',
      (request) => {
        const accept = request.headers.get('accept') ?? '';
        const openMetrics = accept.includes('application/openmetrics-text');
        if (!openMetrics && !accept.includes('text/plain')) {
          return metrics.json().then((content) => json(200, content));
        }
        return metrics.prometheus(openMetrics).then(({ contentType, text }) => ({
          status: 200,
          headers: [['Content-Type', contentType]],
          body: encoder.encode(text),
          origin: 'gateway',
        }));
      },
    ],
  ]);
}
