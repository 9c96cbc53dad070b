/**
 * `${NAME}` and `${NAME:-default}` inside text, with shell meaning: `:-` also covers a variable that is set and
 * empty. A default may hold variables of its own. `$${` is a literal `${`. What a variable holds is never read
 * again as a template, nor as YAML.
 */
export type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: readonly Piece[] | undefined };

export type Template =
  | { readonly kind: 'template'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'malformed'; readonly message: string };

/** A variable's value, and where it was set. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** `environment`, or the name of the `.env` file. */
  readonly source: string;
  /** The path of the file that the value was read from, which is what the variable holds. */
  readonly file?: string;
}

/** A variable that was meant to have a value, and why it cannot be had. */
export interface Unusable {
  readonly name: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Gives a variable that is set, even when it is empty. */
export type Lookup = (name: string) => Variable | Unusable | undefined;

export interface Expansion {
  readonly text: string;
  /** The variables that gave the text a part of it. Those whose default stood in are not among them. */
  readonly used: readonly Variable[];
  /** Names that are not set and have no default. */
  readonly missing: readonly string[];
  readonly unusable: readonly Unusable[];
}

const OPENING = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-|\})/;
const DEEPEST = 8;

class MalformedTemplate extends Error {}

/** Whether there is anything to expand. */
export function isTemplate(text: string): boolean {
  return text.includes('${');
}

export function parseTemplate(text: string): Template {
  try {
    return { kind: 'template', pieces: readPieces(text, 0, 0).pieces };
  } catch (error) {
    if (error instanceof MalformedTemplate) return { kind: 'malformed', message: error.message };
    throw error;
  }
}

/** Reads up to the end, or, inside a default (`depth` above 0), up to its closing brace. */
function readPieces(text: string, from: number, depth: number): { pieces: Piece[]; end: number } {
  const pieces: Piece[] = [];
  let literal = '';
  let at = from;
  const endLiteral = () => {
    if (literal !== '') pieces.push({ kind: 'literal', text: literal });
    literal = '';
  };
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      endLiteral();
      const variable = readVariable(text, at, depth);
      pieces.push(variable.piece);
      at = variable.end;
    } else if (text[at] === '}' && depth > 0) {
      endLiteral();
      return { pieces, end: at + 1 };
    } else {
      literal += text[at];
      at += 1;
    }
  }
  if (depth > 0) throw new MalformedTemplate(`\`\${\` is not closed by \`}\``);
  endLiteral();
  return { pieces, end: at };
}

function readVariable(text: string, from: number, depth: number): { piece: Piece; end: number } {
  const opening = OPENING.exec(text.slice(from, from + 260));
  if (opening === null) {
    throw new MalformedTemplate(
      `expected \`\${NAME}\` or \`\${NAME:-default}\`; a literal \`\${\` is written \`$\${\``,
    );
  }
  if (depth >= DEEPEST) throw new MalformedTemplate(`defaults are nested more than ${DEEPEST} deep`);
  const [whole, name = '', ending] = opening;
  if (ending === '}')
    return { piece: { kind: 'variable', name, fallback: undefined }, end: from + whole.length };
  const { pieces, end } = readPieces(text, from + whole.length, depth + 1);
  return { piece: { kind: 'variable', name, fallback: pieces }, end };
}

/** Puts the values in. No default stands in for a variable that is unusable. */
export function expand(pieces: readonly Piece[], lookup: Lookup): Expansion {
  let text = '';
  const used: Variable[] = [];
  const missing: string[] = [];
  const unusable: Unusable[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'literal') {
      text += piece.text;
      continue;
    }
    const found = lookup(piece.name);
    if (found !== undefined && 'message' in found) {
      unusable.push(found);
    } else if (piece.fallback !== undefined && (found === undefined || found.value === '')) {
      const inner = expand(piece.fallback, lookup);
      text += inner.text;
      used.push(...inner.used);
      missing.push(...inner.missing);
      unusable.push(...inner.unusable);
    } else if (found === undefined) {
      missing.push(piece.name);
    } else {
      text += found.value;
      used.push(found);
    }
  }
  return { text, used, missing, unusable };
}

/** Every variable that the text names, with its default as it is written; for the reference. */
export function references(pieces: readonly Piece[]): { name: string; fallback: string | undefined }[] {
  return pieces.flatMap((piece) => {
    if (piece.kind === 'literal') return [];
    const { name, fallback } = piece;
    const shown = fallback
      ?.map((part) => (part.kind === 'literal' ? part.text : `\${${part.name}}`))
      .join('');
    return [{ name, fallback: shown }, ...references(fallback ?? [])];
  });
}
