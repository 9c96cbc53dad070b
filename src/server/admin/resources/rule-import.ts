import type { z } from '@hono/zod-openapi';
import { ConfigDocument } from '../../../config/document.ts';
import { type Finding, findingsOf, isMapping } from '../../../config/issues.ts';
import { formatPath, type Path, type Position } from '../../../config/problem.ts';
import { unknownName } from '../../../config/schema/section.ts';
import type { AccessRule } from '../../../policies/access/rule.ts';
import { parseJson, type TextBody } from '../input/body.ts';
import { jsonItemPlaces } from '../input/json-place.ts';
import { AdminProblem, type FieldError, invalid } from '../problems.ts';
import { ruleInput } from './rule-document.ts';

export const JSON_TYPE = 'application/json';
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'] as const;

/** Reading YAML with its places takes so long that a larger one would hold up calls. */
const MAX_YAML_BYTES = 1_048_576;
/** Rules that are checked before others get a turn. */
const RULES_A_TURN = 500;

export type RuleReading =
  | { readonly kind: 'rules'; readonly rules: readonly AccessRule[] }
  | { readonly kind: 'rejected'; readonly errors: readonly FieldError[] };

/** A text as data, and where in the text each part stands. */
interface Source {
  readonly data: unknown;
  /** `index` is that of the rule, `path` leads from the root to the value. */
  place(index: number, path: Path, at: Finding['at']): Position;
}

/**
 * The rules of a JSON or YAML text: a list of them, or a mapping with the list under `rules`. Either all of them or
 * everything that is wrong with them. `takenIds` are ids of rules that cannot be changed. Throws for what is not
 * JSON or YAML at all.
 */
export async function readRules(body: TextBody, takenIds: ReadonlySet<string>): Promise<RuleReading> {
  const source = body.type === JSON_TYPE ? jsonSource(body.text) : yamlSource(body.text);
  const { list, base } = listOf(source.data);
  const rules: AccessRule[] = [];
  const errors: FieldError[] = [];
  const firstIndex = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    if (index % RULES_A_TURN === RULES_A_TURN - 1) await nextTurn();
    const parsed = ruleInput.safeParse(item);
    const findings = findingsIn(parsed, item, index, takenIds, firstIndex);
    for (const { path, at, message, hint } of findings) {
      errors.push({
        index,
        field: formatPath(path),
        message: hint === undefined ? message : `${message}; ${hint}`,
        ...source.place(index, [...base, index, ...path], at),
      });
    }
    if (parsed.success) rules.push(parsed.data);
  }
  return errors.length > 0 ? { kind: 'rejected', errors } : { kind: 'rules', rules };
}

function findingsIn(
  parsed: z.ZodSafeParseResult<AccessRule>,
  item: unknown,
  index: number,
  takenIds: ReadonlySet<string>,
  firstIndex: Map<string, number>,
): Finding[] {
  const findings = parsed.success ? [] : findingsOf(parsed.error.issues, item);
  const id = isMapping(item) && typeof item.id === 'string' ? item.id : undefined;
  if (id === undefined) return findings;
  const first = firstIndex.get(id);
  if (first === undefined) firstIndex.set(id, index);
  else findings.push(idFinding(`rule ${first} has this id already`));
  if (takenIds.has(id)) findings.push(idFinding('a rule of the configuration file has this id'));
  return findings;
}

function idFinding(message: string): Finding {
  return { path: ['id'], at: 'value', message, hint: undefined };
}

function listOf(data: unknown): { readonly list: readonly unknown[]; readonly base: Path } {
  if (Array.isArray(data)) return { list: data, base: [] };
  if (!isMapping(data) || !Array.isArray(data.rules)) {
    const message = 'expected a list of rules, or a mapping with the list under `rules`';
    throw invalid([{ field: '', message }]);
  }
  const unknown = Object.keys(data).filter((key) => key !== 'rules');
  if (unknown.length > 0) {
    throw invalid(unknown.map((key) => ({ field: key, message: unknownName('key', key, ['rules']) })));
  }
  return { list: data.rules, base: ['rules'] };
}

function jsonSource(text: string): Source {
  let places: readonly Position[] | undefined;
  return {
    data: parseJson(text),
    place(index) {
      places ??= jsonItemPlaces(text, 'rules');
      return places[index] ?? { line: 1, column: 1 };
    },
  };
}

function yamlSource(text: string): Source {
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    throw new AdminProblem('body_too_large', { detail: 'YAML must be at most 1 MB; send more as JSON.' });
  }
  const document = new ConfigDocument('body', text);
  if (document.syntaxProblems.length > 0) {
    throw invalid(
      document.syntaxProblems.map(({ line = 1, column = 1, path, message }) => ({
        field: path,
        message,
        line,
        column,
      })),
    );
  }
  return {
    data: yamlData(document),
    place: (_, path, at) => (at === 'key' ? document.keyPosition(path) : document.valuePosition(path)),
  };
}

function yamlData(document: ConfigDocument): unknown {
  try {
    return document.toData();
  } catch (error) {
    if (error instanceof ReferenceError) throw invalid([{ field: '', message: error.message }]);
    throw error;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
