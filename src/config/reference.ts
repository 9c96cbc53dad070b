import { ConfigDocument } from './document.ts';
import { fileJsonSchema, type JsonSchema, mappingSchema } from './json-schema.ts';

/**
 * docs/reference/configuration.md, made from the schema that loads the file: one table for each mapping, and the
 * environment variables that the shipped configuration names.
 */
export function configurationReference(shippedYaml: string): string {
  return [INTRODUCTION, ...sections('', fileJsonSchema()), environment(shippedYaml)]
    .join('\n\n')
    .concat('\n');
}

const INTRODUCTION = `<!-- Made by \`comporta docs\` from src/config/schema. Do not edit. -->

# Configuration

Comporta reads one YAML file, \`comporta.yaml\` unless \`--config\` names another. \`comporta check\` says whether it is
valid and, if not, everything that is wrong with it: file, line, column, what was expected and the nearest valid name.
Unknown keys are errors. \`comporta init\` writes a file to start from; \`comporta.schema.json\` lets an editor complete it
(first line of the file: \`# yaml-language-server: $schema=./comporta.schema.json\`).

**Forms.** A *duration* is a number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`: \`500ms\`, \`10s\`, \`1.5m\`, \`1d\`. A *size* is a number
with \`b\`, \`kb\`, \`mb\` or \`gb\`, in powers of 1,024: \`64kb\`. A *rate* is \`N per duration\`: \`1 per 1s\`, \`1000 per 1d\`. A *share*
is \`50%\` or \`0.5\`. An *address* is \`127.0.0.1:8000\`, \`[::1]:8000\` or \`:8000\` (every interface); port 0 lets the system choose.
A *failure class* is a status such as \`429\`, or \`4xx\`, \`5xx\`, \`timeout\`, \`connection\`.

**Variables.** \`\${NAME}\` inside any value is taken from the environment, or from a file \`.env\` in the working directory
(\`KEY=value\` lines; the environment wins). \`\${NAME:-default}\` stands in when the variable is not set or empty; without a
default that is an error. \`$\${\` is a literal \`\${\`. A value stays one value, whatever the variable holds. Inside \`[ ]\` and \`{ }\`
text with a variable needs quotes: \`limits: ["1 per \${SECONDS:-1}s"]\`.

**Values in files.** Where the file names \`NAME\`, \`NAME_FILE\` may name a file that holds the value, as Docker, Kubernetes
and systemd hand secrets over: \`ADMIN_TOKEN_FILE=/run/secrets/admin_token\`. White space around its content is left out; it
is at most 64 KB of text. A variable that is set and empty counts as not set. It is an error when both are set, and when the file
is empty or cannot be read: no default stands in. It is read when the configuration is. What stands in it is never
printed because it is wrong, and \`/api/v1/config\` names \`NAME_FILE\` as its origin.

**Precedence.** Flag, then environment (where the file names a variable), then file, then default.`;

/** The tables of a mapping and of the mappings inside it, in the order of the schema. */
function sections(path: string, schema: JsonSchema): string[] {
  const properties = Object.entries(schema.properties ?? {});
  const rows = properties.map(([key, one]) => {
    const required = schema.required?.includes(key) === true;
    return row([`\`${key}\``, formOf(join(path, key), one), defaultOf(one, required), describe(one)]);
  });
  const title = path === '' ? '## Top level' : `## \`${path}\``;
  const table = [row(['Key', 'Form', 'Default', 'Description']), row(['---', '---', '---', '---']), ...rows];
  const intro = path === '' || schema.description === undefined ? [] : [schema.description];
  const inner = properties.flatMap(([key, one]) => innerSections(join(path, key), one));
  return [[title, ...intro, table.join('\n')].join('\n\n'), ...inner];
}

function innerSections(path: string, schema: JsonSchema): string[] {
  const named = schema.additionalProperties;
  if (typeof named === 'object' && named.properties !== undefined) {
    return sections(`${path}.<name>`, { ...named, description: schema.description ?? '' });
  }
  const item = schema.items === undefined ? undefined : mappingSchema(schema.items);
  if (item !== undefined) return sections(`${path}[]`, { ...item, description: schema.description ?? '' });
  return schema.properties === undefined ? [] : sections(path, schema);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function formOf(path: string, schema: JsonSchema): string {
  const link = (to: string) => `[mapping](#${anchor(to)})`;
  if (schema.properties !== undefined) return link(path);
  if (typeof schema.additionalProperties === 'object') {
    const named = schema.additionalProperties;
    return named.properties === undefined
      ? `names to ${formOf(path, named)}`
      : `names to ${link(`${path}.<name>`)}s`;
  }
  if (schema.items !== undefined) {
    const { items } = schema;
    const long = mappingSchema(items);
    const short = items.anyOf?.find((one) => one.title !== undefined)?.title ?? items.title;
    const kinds = [short, long === undefined ? undefined : link(`${path}[]`)];
    return `list of ${kinds.filter((kind) => kind !== undefined).join(' or ')}`;
  }
  return schema.title ?? 'text';
}

/** As GitHub makes it from the heading. */
function anchor(path: string): string {
  return path.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '');
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  const value = schema.default;
  if (value === undefined) return '';
  if (Array.isArray(value)) return `\`[${value.join(', ')}]\``;
  return typeof value === 'object' ? '' : `\`${value}\``;
}

function describe(schema: JsonSchema): string {
  const range = schema.anyOf?.find((one) => one.type === 'integer' || one.type === 'number');
  const isShare = schema.title === 'share' || schema.title === 'failure class';
  const bounds =
    range?.minimum === undefined || range.maximum === undefined || isShare
      ? ''
      : ` ${range.minimum} to ${range.maximum.toLocaleString('en')}.`;
  return `${schema.description ?? ''}${bounds}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function environment(shippedYaml: string): string {
  const document = new ConfigDocument('comporta.yaml', shippedYaml);
  const rows = document.references().map(({ name, fallback, path }) => {
    const standIn = fallback === undefined ? '**required**' : fallback === '' ? 'empty' : `\`${fallback}\``;
    return row([`\`${name}\``, standIn, `\`${path}\``]);
  });
  const table = [row(['Variable', 'Default', 'Part of']), row(['---', '---', '---']), ...rows];
  const intro = 'The shipped `comporta.yaml` names these; a file of your own may name any.';
  return ['## Environment variables', intro, table.join('\n')].join('\n\n');
}
