import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder as Vite builds it, for tests. */
export class BuiltDashboard {
  private readonly parent = mkdtempSync(join(tmpdir(), 'comporta-dashboard-'));
  readonly folder = join(this.parent, 'dist');

  write(path: string, content: string | Uint8Array): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  /** A page, a script, a style and an image. */
  build(title = 'Comporta'): this {
    this.write('index.html', `<!doctype html><title>${title}</title>${'<p>text</p>'.repeat(50)}`);
    this.write('icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    this.write('assets/main-1a2b3c4d.js', `export const text = '${'long '.repeat(200)}';`);
    this.write('assets/main-5e6f7a8b.css', 'body{margin:0}'.repeat(50));
    this.write('assets/dot-9c0d1e2f.png', new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
    return this;
  }

  remove(): void {
    rmSync(this.parent, { recursive: true, force: true });
  }
}
