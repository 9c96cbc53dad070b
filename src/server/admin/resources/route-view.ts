import { z } from '@hono/zod-openapi';

/** A route of the data plane, as a form needs to know it. */
export const routeView = z
  .object({
    path: z.string().openapi({ example: '/proxy/score' }),
    methods: z.array(z.string()).describe('`*`: any.'),
    upstream: z.string(),
    sandbox: z.boolean().describe('Whether it leads to the sandbox.'),
    params: z.array(
      z.object({
        name: z.string(),
        required: z.boolean(),
        pattern: z.string().nullable().describe('`cpf`, or a regular expression for the whole value.'),
        personal: z.boolean(),
        control: z.enum(['urgency', 'client']).nullable().describe('Read by Comporta, not passed on.'),
      }),
    ),
    cached: z.boolean(),
    body: z.enum(['json']).nullable(),
    urgency: z.number().int().describe('Of requests that do not say.'),
    client_required: z.boolean(),
    client_limit: z.string().nullable(),
    timeout_ms: z.number(),
  })
  .openapi('Route');
