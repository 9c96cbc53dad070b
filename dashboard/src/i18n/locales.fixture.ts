import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vite';
import { NAMESPACES, type Namespace } from './namespaces.ts';

/** Which texts the sources of the dashboard ask for: for the test that every text is asked for. */

const SOURCES = fileURLToPath(new URL('..', import.meta.url));

interface AstNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What the sources ask for. A key that is put together when it runs is a pattern. */
export class UsedKeys {
  private readonly keys = new Set<string>();
  private readonly patterns: {
    readonly namespace: Namespace;
    readonly pattern: RegExp;
    readonly written: string;
  }[] = [];

  /** Reads every file of the dashboard but tests. */
  static ofDashboard(): UsedKeys {
    const used = new UsedKeys();
    for (const path of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
      if (/\.tsx?$/.test(path) && !/\.(test|fixture)\.tsx?$/.test(path)) {
        used.read(readFileSync(join(SOURCES, path), 'utf8'), path.endsWith('x') ? 'tsx' : 'ts');
      }
    }
    return used;
  }

  /** One source. */
  read(source: string, lang: 'ts' | 'tsx'): void {
    const program = parseAst(source, { lang }) as unknown as AstNode;
    const functions = translators(program);
    const all = new Set([...functions.values()].flat());
    // A file that names no namespace holds keys for others.
    const anywhere: readonly Namespace[] = all.size === 0 ? NAMESPACES : [...all];
    walk(program, (node) => {
      if (node.type === 'CallExpression') {
        const name = calledName(node);
        const namespaces = functions.get(name) ?? (/^t([A-Z]\w*)?$/.test(name) ? anywhere : undefined);
        const [first] = node.arguments as readonly AstNode[];
        if (namespaces !== undefined && first !== undefined) this.readKey(first, namespaces);
      } else if (
        node.type === 'JSXAttribute' &&
        (node.name as AstNode).name === 'i18nKey' &&
        isNode(node.value)
      ) {
        this.readKey(node.value, anywhere);
      } else if (node.type === 'Property' && /(key|label|title|text|name)$/i.test(nameOf(node.key))) {
        if (isNode(node.value)) this.readKey(node.value, anywhere);
      } else if (typeof node.value === 'string' && node.type === 'Literal' && /[.:]/.test(node.value)) {
        this.add(node.value, anywhere);
      }
    });
  }

  has(namespace: Namespace, key: string): boolean {
    return (
      this.keys.has(`${namespace}:${key}`) ||
      this.patterns.some((one) => one.namespace === namespace && one.pattern.test(key))
    );
  }

  /** Keys that are put together and that none of `keys` (with their namespace) is, as they are written. */
  unmatched(keys: readonly string[]): string[] {
    const written = new Set(this.patterns.map((one) => one.written));
    for (const { namespace, pattern, written: text } of this.patterns) {
      const prefix = `${namespace}:`;
      if (keys.some((key) => key.startsWith(prefix) && pattern.test(key.slice(prefix.length))))
        written.delete(text);
    }
    return [...written].sort();
  }

  /** Every text that the expression can be. */
  private readKey(node: AstNode, namespaces: readonly Namespace[]): void {
    switch (node.type) {
      case 'Literal':
        if (typeof node.value === 'string') this.add(node.value, namespaces);
        return;
      case 'TemplateLiteral':
        this.addPattern(
          (node.quasis as readonly AstNode[]).map((one) => (one.value as { cooked: string }).cooked),
          namespaces,
        );
        return;
      case 'ConditionalExpression':
        this.readKey(node.consequent as AstNode, namespaces);
        this.readKey(node.alternate as AstNode, namespaces);
        return;
      case 'LogicalExpression':
        this.readKey(node.left as AstNode, namespaces);
        this.readKey(node.right as AstNode, namespaces);
        return;
      case 'JSXExpressionContainer':
      case 'TSAsExpression':
        this.readKey(node.expression as AstNode, namespaces);
    }
  }

  private add(written: string, namespaces: readonly Namespace[]): void {
    const [, named, key] = /^(\w+):(.+)$/.exec(written) ?? [];
    if (named !== undefined && isNamespace(named)) this.keys.add(`${named}:${key}`);
    else for (const namespace of namespaces) this.keys.add(`${namespace}:${written}`);
  }

  private addPattern(pieces: readonly string[], namespaces: readonly Namespace[]): void {
    const [start = ''] = pieces;
    const [, named] = /^(\w+):/.exec(start) ?? [];
    const isNamed = named !== undefined && isNamespace(named);
    const fixed = isNamed ? [start.slice(named.length + 1), ...pieces.slice(1)] : pieces;
    if (!/\w/.test(fixed.join(''))) return;
    const pattern = new RegExp(`^${fixed.map((text) => text.replaceAll('.', '\\.')).join('[\\w.-]+')}$`);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written in the source
    const written = pieces.join('${…}');
    for (const namespace of isNamed ? [named as Namespace] : namespaces)
      this.patterns.push({ namespace, pattern, written });
  }
}

/** Names of functions that translate, with their namespaces: `const { t } = useTranslation('usage')`, `t: TFunction<'usage'>`. */
function translators(program: AstNode): Map<string, readonly Namespace[]> {
  const found = new Map<string, readonly Namespace[]>();
  const note = (name: string, namespaces: readonly Namespace[]) =>
    found.set(name, [...new Set([...(found.get(name) ?? []), ...namespaces])]);
  walk(program, (node) => {
    if (
      node.type === 'VariableDeclarator' &&
      isNode(node.init) &&
      calledName(node.init) === 'useTranslation'
    ) {
      const [given] = node.init.arguments as readonly AstNode[];
      const { type, properties } = node.id as AstNode;
      if (type !== 'ObjectPattern') return;
      for (const property of properties as readonly AstNode[]) {
        if (nameOf(property.key) === 't') note(nameOf(property.value), namespacesOf(given));
      }
    }
    const typed = isNode(node.typeAnnotation) ? (node.typeAnnotation.typeAnnotation as AstNode) : undefined;
    if (
      node.type === 'Identifier' &&
      typed?.type === 'TSTypeReference' &&
      nameOf(typed.typeName) === 'TFunction'
    ) {
      const [given] = isNode(typed.typeArguments) ? (typed.typeArguments.params as readonly AstNode[]) : [];
      note(nameOf(node), namespacesOf(isNode(given?.literal) ? given.literal : given));
    }
  });
  return found;
}

/** The namespaces of `useTranslation('usage')` or `TFunction<['usage', 'common']>`; `common` without any. */
function namespacesOf(given: AstNode | undefined): readonly Namespace[] {
  if (given === undefined) return ['common'];
  const named: Namespace[] = [];
  walk(given, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string' && isNamespace(node.value))
      named.push(node.value);
  });
  return named.length === 0 ? NAMESPACES : named;
}

function isNamespace(name: string): name is Namespace {
  return (NAMESPACES as readonly string[]).includes(name);
}

function walk(node: AstNode, visit: (node: AstNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(child)) walk(child, visit);
  }
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string';
}

function nameOf(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' ? String(node.name) : '';
}

function calledName({ callee }: AstNode): string {
  if (!isNode(callee)) return '';
  return nameOf(callee.type === 'MemberExpression' ? callee.property : callee);
}
