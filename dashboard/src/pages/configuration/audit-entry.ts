/** One change of `GET /audit`. */
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  /** Role or name, and the address it came from: `operator@10.0.0.7`. */
  readonly actor: string;
  /** Such as `breaker.force`. */
  readonly action: string;
  /** Such as `upstream/score`. */
  readonly subject: string;
  /** Null: there was nothing. */
  readonly before: unknown;
  readonly after: unknown;
}

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  /** `before` of the next page; null: there is none. */
  readonly next_before: number | null;
}
