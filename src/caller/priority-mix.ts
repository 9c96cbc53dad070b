import type { Random } from '../shared/random.ts';

/** So many percent of the calls go out with this urgency (RFC 9218: 0 most urgent, 7 least). */
export interface MixPart {
  readonly percent: number;
  readonly urgency: number;
}

export type MixParse =
  | { readonly ok: true; readonly mix: readonly MixPart[] }
  | { readonly ok: false; readonly reason: string };

/** Reads `10%:0,20%:5`; the reason of a refusal names the part that is wrong. */
export function parsePriorityMix(text: string): MixParse {
  const mix: MixPart[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d+(?:\.\d+)?)%:(\d+)\s*$/.exec(part);
    if (match === null) return wrong(`"${part.trim()}" is not of the form 10%:0`);
    const percent = Number(match[1]);
    const urgency = Number(match[2]);
    if (percent <= 0 || percent > 100)
      return wrong(`the share in "${part.trim()}" must be above 0% and at most 100%`);
    if (urgency > 7) return wrong(`the priority in "${part.trim()}" must be 0 to 7`);
    if (mix.some((other) => other.urgency === urgency)) return wrong(`priority ${urgency} is named twice`);
    mix.push({ percent, urgency });
  }
  const sum = mix.reduce((total, part) => total + part.percent, 0);
  if (sum > 100 + 1e-9) return wrong(`the shares add up to ${Number(sum.toFixed(6))}%, more than 100%`);
  return { ok: true, mix };
}

function wrong(reason: string): MixParse {
  return { ok: false, reason };
}

/**
 * The urgency of each of `count` calls, undefined where none is said. Shares are exact to the nearest whole call
 * (largest remainder), the order is the random sequence's.
 */
export function assignUrgencies(
  count: number,
  mix: readonly MixPart[],
  random: Random,
): (number | undefined)[] {
  const rest = Math.max(0, 100 - mix.reduce((total, part) => total + part.percent, 0));
  const shares = [...mix, { percent: rest, urgency: undefined }].map(({ percent, urgency }) => {
    // Rounded to a millionth, so that 10% of 50 is 5 and not a hair less.
    const exact = Math.round(percent * count * 1e4) / 1e6;
    return { urgency, calls: Math.floor(exact), remainder: exact - Math.floor(exact) };
  });
  let left = count - shares.reduce((total, share) => total + share.calls, 0);
  for (const share of [...shares].sort((one, other) => other.remainder - one.remainder)) {
    if (left === 0) break;
    share.calls += 1;
    left -= 1;
  }
  const urgencies = shares.flatMap((share) => Array<number | undefined>(share.calls).fill(share.urgency));
  return shuffle(urgencies, random);
}

/** Fisher-Yates, in place. */
function shuffle<T>(items: T[], random: Random): T[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = Math.floor(random.next() * (index + 1));
    [items[index], items[other]] = [items[other]!, items[index]!];
  }
  return items;
}
