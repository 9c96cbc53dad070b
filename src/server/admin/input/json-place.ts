/** Where a JSON text stops being JSON (RFC 8259), which the engine’s own errors do not say. */
export interface JsonFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const DEEPEST = 200;
const FIRST_PRINTABLE = 32;
const BACKSLASH = 92;

/** The first fault of the text; undefined when it is JSON, and not nested deeper than 200 levels. */
export function findJsonFault(text: string): JsonFault | undefined {
  const scan = new JsonScan(text);
  try {
    scan.document();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return { ...placeOf(text, error.offset), message: error.message };
    throw error;
  }
}

/**
 * Where each item of a valid JSON text stands: of the list that the text is, or that its root has under `key`.
 * Lines and columns count from 1.
 */
export function jsonItemPlaces(text: string, key: string): Place[] {
  const scan = new JsonScan(text, key);
  try {
    scan.document();
  } catch (error) {
    // What is nested too deep ends the list early.
    if (!(error instanceof Fault)) throw error;
  }
  let line = 1;
  let lineStart = 0;
  let newline = text.indexOf('\n');
  return scan.itemOffsets.map((offset) => {
    for (; newline !== -1 && newline < offset; newline = text.indexOf('\n', newline + 1)) {
      line++;
      lineStart = newline + 1;
    }
    return { line, column: offset - lineStart + 1 };
  });
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(text: string, offset: number): Place {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

class Fault extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

class JsonScan {
  readonly itemOffsets: number[] = [];
  private at = 0;
  private rootKey: string | undefined;

  constructor(
    private readonly text: string,
    private readonly itemsKey?: string,
  ) {}

  document(): void {
    this.value('a value', 0);
    if (this.next() !== '') this.fail('the end of the text');
  }

  private value(expected: string, depth: number): void {
    if (depth > DEEPEST) throw new Fault(this.at, `nested deeper than ${DEEPEST} levels`);
    switch (this.next()) {
      case '{':
        this.object(depth);
        break;
      case '[':
        this.array(depth);
        break;
      case '"':
        this.string();
        break;
      default:
        this.literal(expected);
    }
  }

  private object(depth: number): void {
    this.at++;
    if (this.take('}')) return;
    for (;;) {
      if (this.next() !== '"') this.fail('a name in double quotes');
      const from = this.at;
      this.string();
      if (depth === 0) this.rootKey = this.text.slice(from + 1, this.at - 1);
      if (!this.take(':')) this.fail('`:`');
      this.value('a value', depth + 1);
      if (this.take('}')) return;
      if (!this.take(',')) this.fail('`,` or `}`');
    }
  }

  private array(depth: number): void {
    this.at++;
    if (this.take(']')) return;
    const areItems = depth === 0 || (depth === 1 && this.rootKey === this.itemsKey);
    for (;;) {
      this.next();
      if (areItems) this.itemOffsets.push(this.at);
      this.value('a value', depth + 1);
      if (this.take(']')) return;
      if (!this.take(',')) this.fail('`,` or `]`');
    }
  }

  private string(): void {
    for (this.at++; this.text[this.at] !== '"'; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) this.fail('the closing `"`');
      if (code < FIRST_PRINTABLE) this.fail('no control character in text; write \\n for a line');
      if (code !== BACKSLASH) continue;
      const escaped = this.match(/\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y);
      if (escaped === '') this.fail('a valid escape');
      this.at += escaped.length - 1;
    }
    this.at++;
  }

  private literal(expected: string): void {
    const match = this.match(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y);
    if (match === '') this.fail(expected);
    this.at += match.length;
  }

  private take(character: string): boolean {
    if (this.next() !== character) return false;
    this.at++;
    return true;
  }

  /** The next character that is not white space; empty at the end. */
  private next(): string {
    this.at += this.match(/[ \t\r\n]*/y).length;
    return this.text[this.at] ?? '';
  }

  private match(sticky: RegExp): string {
    sticky.lastIndex = this.at;
    return sticky.exec(this.text)?.[0] ?? '';
  }

  private fail(expected: string): never {
    const [found] = this.text.slice(this.at, this.at + 2);
    const got = found === undefined ? 'the end of the text' : JSON.stringify(found);
    throw new Fault(this.at, `expected ${expected}, got ${got}`);
  }
}
