import { expect, test } from 'bun:test';
import { importComplaint, importTypeOf, MOST_IMPORT_BYTES } from './rule-import-text.ts';

test('JSON is told from YAML by how it begins', () => {
  expect(importTypeOf(' \n{"rules":[]}')).toBe('application/json');
  expect(importTypeOf('[]')).toBe('application/json');
  expect(importTypeOf('rules:\n  - id: a')).toBe('application/yaml');
  expect(importTypeOf('- id: a')).toBe('application/yaml');
});

test('what the API would refuse for its size is not sent', () => {
  expect(importComplaint(' \n ')).toBe('empty');
  expect(importComplaint('rules: []')).toBeUndefined();
  expect(importComplaint(`rules: [] # ${'x'.repeat(1_048_576)}`)).toBe('yamlTooLarge');
  expect(importComplaint(`[${' '.repeat(1_048_576)}]`)).toBeUndefined();
  expect(importComplaint(`["${'é'.repeat(MOST_IMPORT_BYTES / 2)}"]`)).toBe('tooLarge');
});
