/** The token of this tab. Kept in session storage, so that closing the tab forgets it and no other site reads it. */

const KEY = 'comporta.token';
let held: string | undefined;

export function token(): string | undefined {
  if (held !== undefined) return held;
  try {
    held = sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    // Not allowed here: then it lasts as long as the page.
  }
  return held;
}

export function keepToken(value: string | undefined): void {
  held = value;
  try {
    if (value === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // As above.
  }
}
