/** A text that wants to stand with its middle at `x`; both in pixels. */
export interface PlacedLabel {
  readonly text: string;
  readonly value: number;
  readonly x: number;
  readonly width: number;
}

/** Pixels between two texts. */
const GAP = 6;

/** Those that find room beside each other within `left` … `right`, the highest values first. */
export function labelsWithRoom(
  labels: readonly PlacedLabel[],
  left: number,
  right: number,
): readonly PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const label of [...labels].sort((a, b) => b.value - a.value)) {
    const half = label.width / 2;
    const x = Math.min(right - half, Math.max(left + half, label.x));
    const free = placed.every((other) => Math.abs(other.x - x) >= half + other.width / 2 + GAP);
    if (free) placed.push({ ...label, x });
  }
  return placed;
}
