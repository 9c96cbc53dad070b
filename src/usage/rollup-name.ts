import { OTHER } from './rollup.ts';

export const MAX_CLIENT_CHARS = 256;
export const MAX_PATH_CHARS = 512;

/**
 * The name as it is counted: at most `maxChars`, cut with a hash of the whole at its end, so that two long names stay
 * two. A real name that is spelled like the one for the rest gets a hash as well.
 */
export function boundedName(name: string, maxChars: number): string {
  if (name.length <= maxChars && name !== OTHER) return name;
  const suffix = `~${Bun.hash(name).toString(16).padStart(16, '0')}`;
  return name.slice(0, maxChars - suffix.length) + suffix;
}
