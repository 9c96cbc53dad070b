import { z } from '@hono/zod-openapi';
import { formatProblem } from '../../../config/problem.ts';
import { isSecretName, withoutCredentials } from '../../../config/quote.ts';
import type { JsonValue } from '../../../ledger/contracts.ts';
import { json, operation } from '../operation.ts';
import type { ConfigEntry } from '../ports.ts';
import { invalidConfig } from '../problems.ts';

export const configEntry = z
  .object({
    path: z.string().openapi({ example: 'upstreams.score.timeout' }),
    value: z
      .unknown()
      .openapi({ description: 'As the file writes it; null: not set; `***`: set, and a secret.' }),
    secret: z.boolean(),
    origin: z.object({
      kind: z.enum(['flag', 'env', 'file', 'default']),
      where: z.string().describe('The flag, the variables, or file:line:column; empty for a default.'),
    }),
  })
  .openapi('ConfigEntry');

export const configReload = z
  .object({
    applied: z.array(z.string()).describe('Paths of values that changed and are in force.'),
    restart: z.array(z.string()).describe('Paths of values that changed and need a restart.'),
    warnings: z.array(z.string()),
  })
  .openapi('ConfigReload');

/** Values in force. */
export const configOperations = [
  operation(
    {
      id: 'getConfig',
      method: 'GET',
      path: '/config',
      tag: 'config',
      summary: 'Show every value in force and where it came from',
      answers: [
        {
          status: 200,
          description: 'Secrets are hidden.',
          schema: z.object({ items: z.array(configEntry) }),
        },
      ],
    },
    ({ ports }) => json({ items: ports.config.entries().map(shown) }),
  ),
  operation(
    {
      id: 'reloadConfig',
      method: 'POST',
      path: '/config/reload',
      tag: 'config',
      summary: 'Read the configuration file again',
      description:
        'All or nothing: with one problem in the file nothing changes. Values that cannot change while running are listed under `restart`.',
      answers: [
        {
          status: 200,
          description: 'What is in force now, and what waits for a restart.',
          schema: configReload,
        },
      ],
      errors: ['invalid_config'],
    },
    async ({ ports, record }) => {
      const result = await ports.config.reload();
      if (result.kind === 'rejected') throw invalidConfig(result.problems);
      const answer = {
        applied: [...result.applied],
        restart: [...result.restart],
        warnings: result.warnings.map(formatProblem),
      };
      await record({ action: 'config.reload', subject: 'config', after: answer });
      return json(answer);
    },
  ),
];

/** Whoever supplies the entries says what is secret; what is called like a secret is hidden all the same. */
function shown({ path, value = null, secret, origin }: ConfigEntry): z.output<typeof configEntry> {
  const isSecret = secret || path.split('.').some(isSecretName);
  const isSet = value !== null && value !== '';
  return { path, value: isSecret && isSet ? '***' : visible(value), secret: isSecret, origin };
}

function visible(value: JsonValue): JsonValue {
  if (typeof value === 'string') return withoutCredentials(value);
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecretName(key) && inner !== '' ? '***' : visible(inner),
    ]),
  );
}
