/** As much as the API takes. */
export const MOST_IMPORT_BYTES = 10 * 1_048_576;
const MOST_YAML_BYTES = 1_048_576;

/** What a text is by its look: JSON begins with a bracket, everything else is YAML. */
export function importTypeOf(text: string): 'application/json' | 'application/yaml' {
  return /^[\s\uFEFF]*[[{]/.test(text) ? 'application/json' : 'application/yaml';
}

/** Why a text is not worth sending: `access:import.<key>`; undefined when it is. */
export function importComplaint(text: string): 'empty' | 'tooLarge' | 'yamlTooLarge' | undefined {
  if (text.trim() === '') return 'empty';
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > MOST_IMPORT_BYTES) return 'tooLarge';
  return bytes > MOST_YAML_BYTES && importTypeOf(text) === 'application/yaml' ? 'yamlTooLarge' : undefined;
}
