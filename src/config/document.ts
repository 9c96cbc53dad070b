import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { expand, isTemplate, type Lookup, parseTemplate, references, type Variable } from './interpolate.ts';
import { formatPath, type Path, type Position, type Problem } from './problem.ts';

type Ancestors = readonly (Document | Node | Pair)[];

/** A YAML text that knows where each of its values stands, and which variables it was made from. */
export class ConfigDocument {
  /** Errors of the YAML itself. With any of them `value` means nothing. */
  readonly syntaxProblems: readonly Problem[];
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private readonly variables = new Map<Node, readonly Variable[]>();

  constructor(
    private readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false,
      merge: true,
      // The parser's own check compares every key with every other.
      uniqueKeys: false,
    });
    const lines = text.split(/\r\n|\n|\r/);
    const errors = [...this.document.errors, ...this.document.warnings].map((error) => {
      const position = this.at(error.pos[0]);
      const hint = syntaxHint(lines[position.line - 1] ?? '');
      return { ...this.problem([], position, error.message.replace(/\.$/, '')), hint };
    });
    this.syntaxProblems = errors.length > 0 ? errors : this.badNames();
  }

  /**
   * Puts the variables into every scalar that names some. The result is text and stays one scalar: a value of the
   * environment cannot add keys or items. Gives the problems: malformed templates, variables without a value or with
   * one that cannot be had.
   */
  interpolate(lookup: Lookup): Problem[] {
    const problems: Problem[] = [];
    this.eachTemplate((node, text, path) => {
      const template = parseTemplate(text);
      if (template.kind === 'malformed') {
        const [message = '', hint] = template.message.split('; ');
        problems.push({ ...this.problem(path, this.positionOf(node), message), hint });
        return;
      }
      const expansion = expand(template.pieces, lookup);
      node.value = expansion.text;
      if (expansion.used.length > 0) this.variables.set(node, expansion.used);
      for (const { message, hint } of expansion.unusable) {
        problems.push({ ...this.problem(path, this.positionOf(node), message), hint });
      }
      for (const name of expansion.missing) {
        const hint = `set it, or write \`\${${name}:-default}\``;
        problems.push({
          ...this.problem(path, this.positionOf(node), `the variable \`${name}\` is not set`),
          hint,
        });
      }
    });
    return problems;
  }

  /** Every variable that the file names: for the reference. Call it instead of `interpolate`. */
  references(): { name: string; fallback: string | undefined; path: string }[] {
    const found: { name: string; fallback: string | undefined; path: string }[] = [];
    this.eachTemplate((_, text, path) => {
      const template = parseTemplate(text);
      if (template.kind === 'malformed') return;
      for (const one of references(template.pieces)) found.push({ ...one, path: formatPath(path) });
    });
    return found;
  }

  /** The document as plain data. Throws ReferenceError on aliases that multiply beyond reason. */
  toData(): unknown {
    return this.document.toJS({ maxAliasCount: 100 }) ?? undefined;
  }

  /** Where the value at `path` stands; where it is missing, the nearest thing around it that is there. */
  valuePosition(path: Path): Position {
    const found = this.find(path);
    const isEmpty = found.value === undefined || (isScalar(found.value) && found.value.source === '');
    return this.positionOf(found.isWhole && !isEmpty ? found.value : (found.key ?? found.value));
  }

  /** Where the last key of `path` stands. */
  keyPosition(path: Path): Position {
    const found = this.find(path);
    return this.positionOf(found.key ?? found.value);
  }

  /** The variables that the value at `path` was made from. */
  variablesAt(path: Path): readonly Variable[] {
    const found = this.find(path);
    return (found.value && this.variables.get(found.value)) ?? [];
  }

  /** Keys that are there twice, aliases without an anchor, and the one key that plain objects take otherwise. */
  private badNames(): Problem[] {
    const problems: Problem[] = [];
    const tell = (path: Path, node: Node, message: string, hint?: string) =>
      void problems.push({ ...this.problem(path, this.positionOf(node), message), hint });
    visit(this.document, {
      Alias: (_, node, ancestors) => {
        if (node.resolve(this.document) !== undefined) return;
        tell(pathOf(node, ancestors), node, `there is no anchor \`&${node.source}\` before this alias`);
      },
      Map: (_, map, ancestors) => {
        const seen = new Map<string, Node>();
        for (const { key } of map.items) {
          if (!isScalar(key)) continue;
          const name = String(key.value);
          const path = () => [...pathOf(map, ancestors), name];
          const first = seen.get(name);
          if (name === '__proto__') tell(path(), key, 'is not a name that can be used', 'choose another');
          else if (first !== undefined) {
            const { line } = this.positionOf(first);
            tell(path(), key, `the key \`${name}\` is on line ${line} already`, 'keep one of them');
          } else seen.set(name, key);
        }
      },
    });
    return problems;
  }

  private find(path: Path): { key: Node | undefined; value: Node | undefined; isWhole: boolean } {
    let key: Node | undefined;
    let value: Node | undefined = this.document.contents ?? undefined;
    for (const step of path) {
      const inside = isAlias(value) ? value.resolve(this.document) : value;
      if (isMap(inside)) {
        const pair = inside.items.find((one) => isScalar(one.key) && String(one.key.value) === String(step));
        if (pair === undefined) return { key, value, isWhole: false };
        key = pair.key as Node;
        value = isNode(pair.value) ? pair.value : undefined;
      } else if (isSeq(inside) && typeof step === 'number' && isNode(inside.items[step])) {
        value = inside.items[step];
        key = value;
      } else {
        return { key, value, isWhole: false };
      }
    }
    return { key, value, isWhole: true };
  }

  private eachTemplate(visitor: (node: Node & { value: unknown }, text: string, path: Path) => void): void {
    visit(this.document, {
      Scalar: (role, node, ancestors) => {
        if (role === 'key' || typeof node.value !== 'string' || !isTemplate(node.value)) return;
        visitor(node, node.value, pathOf(node, ancestors));
      },
    });
  }

  private positionOf(node: Node | undefined): Position {
    return this.at(node?.range?.[0] ?? 0);
  }

  private at(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  private problem(path: Path, position: Position, message: string): Problem {
    return { file: this.file, ...position, path: formatPath(path), message, hint: undefined };
  }
}

/** What the line of a YAML error most likely lacks. */
function syntaxHint(line: string): string | undefined {
  if (line.includes('${') && /[[{]/.test(line.replaceAll('${', ''))) {
    return 'inside [ ] and { }, text with a variable needs quotes';
  }
  if (/:\s*[^"'#\s][^"'#]*:\s*(#.*)?$/.test(line)) return 'a value that ends in a colon needs quotes';
  return /^ *\t/.test(line) ? 'indent with spaces' : undefined;
}

function pathOf(node: Node, ancestors: Ancestors): Path {
  const path: (string | number)[] = [];
  for (const [depth, ancestor] of ancestors.entries()) {
    const child = ancestors[depth + 1] ?? node;
    if (isPair(ancestor) && isScalar(ancestor.key)) path.push(String(ancestor.key.value));
    else if (isSeq(ancestor)) path.push(ancestor.items.indexOf(child));
  }
  return path;
}
