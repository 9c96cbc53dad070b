import { z } from '@hono/zod-openapi';
import { json, operation } from '../operation.ts';

const session = z
  .object({
    role: z.enum(['operator', 'viewer']),
    name: z.string().describe('As the audit log has it.'),
    token_required: z.boolean(),
    version: z.string(),
    environment: z.string().nullable(),
    data_plane: z.string().describe('Where this machine reaches the data plane.'),
  })
  .openapi('Session');

export type Session = z.output<typeof session>;

/** Who asks, and whom. */
export const sessionOperations = [
  operation(
    {
      id: 'getSession',
      method: 'GET',
      path: '/session',
      tag: 'overview',
      summary: 'Tell who asks, and what it may do',
      answers: [{ status: 200, description: 'The role of the token.', schema: session }],
    },
    ({ ports, actor }) =>
      json({
        role: actor.role,
        name: actor.name,
        token_required: Boolean(ports.tokens.operator || ports.tokens.viewer),
        version: ports.process.version,
        environment: ports.process.environment ?? null,
        data_plane: ports.dataPlaneUrl(),
      } satisfies Session),
  ),
];
