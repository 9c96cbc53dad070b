export interface ShownBody {
  readonly text: string;
  readonly isJson: boolean;
  /** The `code` of a problem document (RFC 9457), such as `circuit_open`. */
  readonly code: string | undefined;
}

/** JSON is laid out for reading; everything else, and JSON that was cut, stays as it is. */
export function shownBody(body: string): ShownBody {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return { text: body, isJson: true, code: undefined };
    const { code } = value as { readonly code?: unknown };
    return {
      text: JSON.stringify(value, null, 2),
      isJson: true,
      code: typeof code === 'string' ? code : undefined,
    };
  } catch {
    return { text: body, isJson: false, code: undefined };
  }
}
