import { z } from '@hono/zod-openapi';
import type { RouteConfig } from '../../../config/schema.ts';
import { formatRate } from '../../../shared/units.ts';
import { json, operation } from '../operation.ts';
import type { AdminPorts } from '../ports.ts';
import { routeView } from './route-view.ts';

/** The routes of the data plane. */
export const routeOperations = [
  operation(
    {
      id: 'listRoutes',
      method: 'GET',
      path: '/routes',
      tag: 'routes',
      summary: 'List the routes, with what a call of each needs',
      answers: [
        {
          status: 200,
          description: 'All of them, in the order of the configuration.',
          schema: z.object({ items: z.array(routeView) }),
        },
      ],
    },
    ({ ports }) => json({ items: ports.routes().map((route) => viewOf(ports, route)) }),
  ),
];

function viewOf({ upstreams }: AdminPorts, route: RouteConfig): z.output<typeof routeView> {
  return {
    path: route.path,
    methods: [...route.methods],
    upstream: route.upstream,
    sandbox: upstreams.get(route.upstream)?.url === 'sandbox:',
    params: Object.entries(route.params).map(([name, { required, pattern, personal, control }]) => ({
      name,
      required,
      pattern: pattern ?? null,
      personal,
      control: control ?? null,
    })),
    cached: route.cache !== undefined,
    body: route.body ?? null,
    urgency: route.urgency,
    client_required: route.client?.required === true && route.client.default === undefined,
    client_limit: route.clientLimit === undefined ? null : formatRate(route.clientLimit.rate),
    timeout_ms: route.timeoutMs,
  };
}
