/**
 * A choice that this browser remembers. Storage may be forbidden or full: then the choice lasts as long as the page.
 */
export function preference<Value extends string>(name: string, values: readonly Value[]) {
  const key = `comporta.${name}`;
  let held: Value | undefined;
  return {
    get(): Value | undefined {
      try {
        const stored = localStorage.getItem(key);
        const known = values.find((value) => value === stored);
        if (known !== undefined) return known;
      } catch {
        // Not allowed here.
      }
      return held;
    },
    set(value: Value): void {
      held = value;
      try {
        localStorage.setItem(key, value);
      } catch {
        // Not allowed here.
      }
    },
  };
}
