import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** The part of JSON Schema draft-07 that the configuration's schema is made of. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

let made: JsonSchema | undefined;

/** The configuration file's JSON Schema (draft-07): its literal forms, and text with variables anywhere. */
export function fileJsonSchema(): JsonSchema {
  made ??= {
    ...(z.toJSONSchema(fileSchema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as JsonSchema),
    title: 'Comporta',
    description: 'Configuration of Comporta, the egress gateway.',
  };
  return made;
}

/** The schema of a mapping, where there is one: a union's long form included. */
export function mappingSchema(schema: JsonSchema): JsonSchema | undefined {
  if (schema.type === 'object') return schema;
  return schema.anyOf?.find((one) => one.type === 'object');
}
