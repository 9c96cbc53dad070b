/** A `ref` for what appears below what is in sight, such as an error at the end of a form. */
export function scrollIntoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}
