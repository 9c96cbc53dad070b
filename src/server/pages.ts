import type { Reply } from '../gateway/reply.ts';
import type { OwnPages } from './edge.ts';

/** What `/metrics` can say. */
export interface MetricsPages {
  json(): Record<string, unknown>;
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

/** Signs of life: what the gateway says of itself on the data plane. */
export function ownPages(state: {
  readonly draining: () => boolean;
  readonly metrics: MetricsPages;
}): OwnPages {
  const { draining, metrics } = state;
  return new Map<string, (request: Request) => Reply | Promise<Reply>>([
    ['/health', () => json(200, { status: 'healthy' })],
    ['/livez', () => json(200, { status: 'alive' })],
    ['/readyz', () => (draining() ? json(503, { status: 'draining' }) : json(200, { status: 'ready' }))],
    [
      '/metrics',
      (request) => {
        const accept = request.headers.get('accept') ?? '';
        const openMetrics = accept.includes('application/openmetrics-text');
        if (!openMetrics && !accept.includes('text/plain')) return json(200, metrics.json());
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
