import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { fileJsonSchema } from '../config/json-schema.ts';
import { configurationReference } from '../config/reference.ts';
import { errorTable } from '../shared/errors.ts';
import { ExitCode } from './exit-codes.ts';
import { bindTerminal, processTerminal, type Terminal } from './terminal.ts';

/** The folder that holds package.json and the shipped configuration. */
export const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url));

interface GeneratedFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly content: string;
}

/** Everything in the project that is made from its code. `shippedYaml` is the text of the shipped comporta.yaml. */
export async function generatedFiles(shippedYaml: string): Promise<GeneratedFile[]> {
  // Loaded here, because no other command needs it and every one would wait for it.
  const { adminOpenApi } = await import('../server/admin/app.ts');
  return [
    { path: 'comporta.schema.json', content: `${JSON.stringify(fileJsonSchema(), null, 2)}\n` },
    { path: 'docs/reference/configuration.md', content: configurationReference(shippedYaml) },
    { path: 'docs/reference/errors.md', content: errorReference() },
    { path: 'docs/reference/openapi.json', content: `${JSON.stringify(adminOpenApi(), null, 2)}\n` },
  ];
}

/** docs/reference/errors.md: one row for each code of the error table. */
export function errorReference(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, retryable, meaning }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
  );
  return `<!-- Made by \`comporta docs\` from src/shared/errors.ts. Do not edit. -->

# Errors

Every refusal and failure of Comporta's own is \`application/problem+json\` (RFC 9457) with a stable \`code\`. Match the code,
never the text. Whatever the upstream answers, errors included, is passed on as it is.

\`\`\`json
{
  "type": "urn:comporta:error:queue_full",
  "title": "${errorTable.queue_full.title}",
  "status": ${errorTable.queue_full.status},
  "detail": "100 requests are already waiting for score.",
  "code": "queue_full",
  "request_id": "4f1c8b0e9d2a4c7f",
  "estimated_wait_ms": 100000
}
\`\`\`

Every 429 and 503 carries \`Retry-After\` in whole seconds. Where the request would have waited in a queue,
\`estimated_wait_ms\` says how long. A route with \`envelope: status\` answers \`{"status": "error", "message": …}\` instead.

| Code | Status | Worth trying again | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** Writes the files that differ, or with `check` only names them. Gives the exit code. */
export async function runDocs(
  folder: string,
  options: { readonly check: boolean },
  terminal: Pick<Terminal, 'err'>,
): Promise<number> {
  const files = await generatedFiles(readFileSync(join(folder, 'comporta.yaml'), 'utf8'));
  const stale = files.filter(({ path, content }) => {
    const target = join(folder, path);
    return !existsSync(target) || readFileSync(target, 'utf8') !== content;
  });
  for (const { path, content } of stale) {
    if (options.check) {
      terminal.err(`${path} is out of date; run \`comporta docs\`\n`);
      continue;
    }
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    terminal.err(`wrote ${path}\n`);
  }
  return options.check && stale.length > 0 ? ExitCode.FAILURE : ExitCode.OK;
}

/** `comporta docs [--check]`. */
export function docsCommand(terminal: Terminal = processTerminal()): Command {
  return bindTerminal(new Command('docs'), terminal)
    .description('write the files that are made from the code: JSON Schema and reference')
    .option('--check', 'write nothing; exit 1 when one is out of date')
    .action(async (options: { check?: boolean }) => {
      terminal.setExitCode(await runDocs(PROJECT_FOLDER, { check: options.check === true }, terminal));
    });
}
