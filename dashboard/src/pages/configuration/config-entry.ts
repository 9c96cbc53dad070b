/** One value of `GET /config`. */
export interface ConfigEntry {
  /** Such as `upstreams.score.limits[0]`. */
  readonly path: string;
  /** As the file writes it; null: not set; `***`: a secret that is set. */
  readonly value: unknown;
  readonly secret: boolean;
  readonly origin: {
    readonly kind: Origin;
    /** The flag, the variables, or file:line:column; empty for a default. */
    readonly where: string;
  };
}

export const ORIGINS = ['flag', 'env', 'file', 'default'] as const;
export type Origin = (typeof ORIGINS)[number];

/** A value on one line: text as it is, everything else as JSON. */
export function writtenValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
