import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vite';

/** Reads out of the server’s sources what the admin API can say: for the test that all of it has a translation. */

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A text of the sources. What is known only when it runs is a hole: one of several samples stands there. */
export interface SourceText {
  readonly place: string;
  /** `form`: what a message says was expected; `thing`: what there is none of; `message`: a text on its own. */
  readonly kind: 'message' | 'form' | 'thing' | 'json';
  /** Text, samples, text, …: as in a template. */
  readonly pieces: readonly (string | readonly string[])[];
}

type Kind = SourceText['kind'];
type Pieces = SourceText['pieces'];

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** What a hole may be filled with, such that the whole is a message which can really be sent. */
const SAMPLES = [
  '7',
  'x',
  '"x"',
  'true or false',
  'expected true or false, got nothing',
  'did you mean `x`?',
  '; did you mean `x`?',
  'key',
  'rule x',
  'such path',
];

/** Properties whose value is told to somebody. */
const PROPERTIES: Readonly<Record<string, Kind>> = {
  detail: 'message',
  message: 'message',
  hint: 'message',
  why: 'message',
  error: 'message',
  reason: 'message',
  expected: 'form',
};

/** Functions and constructors that are given such a text, and as which of their arguments. */
const CALLS: Readonly<Record<string, readonly (readonly [argument: number, kind: Kind])[]>> = {
  refuse: [[0, 'message']],
  wrong: [[0, 'message']],
  foreign: [[0, 'message']],
  unauthorized: [[0, 'message']],
  idFinding: [[0, 'message']],
  finding: [[2, 'message']],
  expectedInstead: [[0, 'form']],
  notFound: [[0, 'thing']],
  fail: [[0, 'json']],
  Fault: [[1, 'message']],
  RangeError: [[0, 'message']],
  MalformedTemplate: [[0, 'message']],
  tell: [
    [2, 'message'],
    [3, 'message'],
  ],
  withoutPlace: [
    [1, 'message'],
    [2, 'message'],
  ],
};

/** Constants and functions that make such a text, by their names. */
const MAKERS: Readonly<Record<string, Kind>> = {
  message: 'message',
  hint: 'message',
  detail: 'message',
  reasonFor: 'message',
  unknownName: 'message',
  expectedInstead: 'message',
  expected: 'form',
  known: 'message',
  syntaxHint: 'message',
};

/** What is said in documentation only: properties, and functions with the argument that describes a field. */
const DOCUMENTATION = new Set(['description', 'summary', 'meaning', 'title', 'headers', 'example']);
const DESCRIBING: Readonly<Record<string, readonly number[]>> = {
  describe: [0],
  openapi: [0, 1],
  meta: [0],
  line: [0],
  duration: [0],
  integer: [0],
  queryInteger: [0],
  choice: [0],
  flag: [0],
  names: [0],
  values: [0],
  instant: [0],
  orNull: [1],
};

/** Every file below `folder`, tests and their fixtures left out. */
export function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort();
}

/** The texts of a file that stand where messages stand. */
export function textsOf(path: string): SourceText[] {
  return textsIn(path, readFileSync(join(ROOT, path), 'utf8'));
}

export function textsIn(path: string, source: string): SourceText[] {
  const file = new SourceFile(path, source);
  const texts: SourceText[] = [];
  const tell = (value: unknown, kind: Kind): void => {
    if (!isNode(value)) return;
    for (const pieces of file.textsFrom(value)) {
      if (pieces.some((piece) => typeof piece === 'string' && /\p{L}{2}/u.test(piece))) {
        texts.push({ place: file.placeOf(value), kind, pieces });
      }
    }
  };
  file.walk((node) => {
    if (node.type === 'Property') {
      const kind = own(PROPERTIES, nameOf(node.key));
      if (kind !== undefined) tell(node.value, kind);
    } else if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const given = node.arguments as readonly AstNode[];
      for (const [argument, kind] of own(CALLS, calledName(node)) ?? []) tell(given[argument], kind);
    } else if (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') {
      const kind = own(MAKERS, nameOf(node.id));
      if (kind !== undefined) tell(node.type === 'VariableDeclarator' ? node.init : node, kind);
    }
    return true;
  });
  return texts;
}

/** Every text of several words in a file, except where documentation stands. */
export function sentencesOf(path: string): SourceText[] {
  return sentencesIn(path, readFileSync(join(ROOT, path), 'utf8'));
}

export function sentencesIn(path: string, source: string): SourceText[] {
  const file = new SourceFile(path, source);
  const texts: SourceText[] = [];
  const documented = new Set<unknown>();
  file.walk((node) => {
    if (documented.has(node) || node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration')
      return false;
    if (node.type === 'Property' && DOCUMENTATION.has(nameOf(node.key))) return false;
    if (node.type === 'CallExpression') {
      const given = node.arguments as readonly AstNode[];
      for (const argument of own(DESCRIBING, calledName(node)) ?? []) documented.add(given[argument]);
    }
    if (node.type !== 'Literal' && node.type !== 'TemplateLiteral') return true;
    for (const pieces of file.textsFrom(node)) {
      const words = pieces.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('');
      if (/\p{L}{2,} \p{L}{2,}/u.test(words))
        texts.push({ place: file.placeOf(node), kind: 'message', pieces });
    }
    return false;
  });
  return texts;
}

/** Everything that is written in quotes in a file, one text after another. */
export function literalsOf(path: string): string {
  const file = new SourceFile(path, readFileSync(join(ROOT, path), 'utf8'));
  const found: string[] = [];
  file.walk((node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') found.push(node.value);
    if (node.type === 'TemplateElement') found.push((node.value as { cooked: string }).cooked);
    return true;
  });
  return found.join('\n');
}

class SourceFile {
  private readonly program: AstNode;

  constructor(
    private readonly path: string,
    private readonly source: string,
  ) {
    this.program = parseAst(source, { lang: 'ts' }) as unknown as AstNode;
  }

  placeOf(node: AstNode): string {
    return `${this.path}:${this.source.slice(0, node.start).split('\n').length}`;
  }

  /** `visit` says whether what is inside is visited too. */
  walk(visit: (node: AstNode) => boolean, from: AstNode = this.program): void {
    if (!visit(from)) return;
    for (const child of childrenOf(from)) this.walk(visit, child);
  }

  /** The texts that an expression, or a function that is called for it, can be. Empty: known only when it runs. */
  textsFrom(node: AstNode, depth = 0): Pieces[] {
    if (depth > 8) return [];
    const from = (inner: unknown): Pieces[] => (isNode(inner) ? this.textsFrom(inner, depth + 1) : []);
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'string' ? [[node.value]] : [];
      case 'TemplateLiteral':
        return [this.template(node, depth)];
      case 'ConditionalExpression':
        return [...from(node.consequent), ...from(node.alternate)];
      case 'LogicalExpression':
        return [...from(node.left), ...from(node.right)];
      case 'ArrayExpression':
        return (node.elements as readonly unknown[]).flatMap(from);
      case 'ArrowFunctionExpression':
      case 'FunctionDeclaration':
        return (node.body as AstNode).type === 'BlockStatement'
          ? this.returned(node.body as AstNode, depth)
          : from(node.body);
      case 'Identifier':
        return this.declared(String(node.name), depth);
      case 'CallExpression':
        return nameOf(node.callee) === 'expectedInstead' ? [] : from(node.callee);
      default:
        return [];
    }
  }

  private template(node: AstNode, depth: number): Pieces {
    const texts = (node.quasis as readonly AstNode[]).map((one) => (one.value as { cooked: string }).cooked);
    const holes = node.expressions as readonly AstNode[];
    return texts.flatMap((text, index) => {
      const hole = holes[index];
      if (hole === undefined) return [text];
      const known = this.textsFrom(hole, depth + 1).filter((pieces) =>
        pieces.every((piece) => typeof piece === 'string'),
      );
      return [text, known.length === 0 ? SAMPLES : known.map((pieces) => pieces.join(''))];
    });
  }

  private returned(body: AstNode, depth: number): Pieces[] {
    const found: Pieces[] = [];
    this.walk((node) => {
      if (node.type === 'ReturnStatement' && isNode(node.argument))
        found.push(...this.textsFrom(node.argument, depth + 1));
      return !/Function/.test(node.type);
    }, body);
    return found;
  }

  /** What a name stands for: a constant or function of this file, or one that it imports. */
  private declared(name: string, depth: number): Pieces[] {
    for (const statement of this.program.body as readonly AstNode[]) {
      if (statement.type === 'ImportDeclaration') {
        const from = String((statement.source as AstNode).value);
        const imports = (statement.specifiers as readonly AstNode[]).some(
          (one) => nameOf(one.local) === name,
        );
        if (!imports || !from.startsWith('.')) continue;
        const path = normalize(join(dirname(this.path), from));
        return new SourceFile(path, readFileSync(join(ROOT, path), 'utf8')).declared(name, depth);
      }
      const declaration = (statement.declaration ?? statement) as AstNode;
      if (declaration.type === 'FunctionDeclaration' && nameOf(declaration.id) === name) {
        return this.textsFrom(declaration, depth + 1);
      }
      if (declaration.type !== 'VariableDeclaration') continue;
      const one = (declaration.declarations as readonly AstNode[]).find(({ id }) => nameOf(id) === name);
      if (one !== undefined && isNode(one.init)) return this.textsFrom(one.init, depth + 1);
    }
    return [];
  }
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string';
}

function childrenOf(node: AstNode): AstNode[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isNode);
}

function nameOf(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' ? String(node.name) : '';
}

function calledName({ callee }: AstNode): string {
  if (!isNode(callee)) return '';
  return nameOf(callee.type === 'MemberExpression' ? callee.property : callee);
}

/** What stands under a name, and nothing that every object has. */
function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
