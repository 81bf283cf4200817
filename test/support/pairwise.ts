/** Some answers, by the names of their questions. */
export type Combination<Factor extends string> = Readonly<Record<Factor, string | number>>;

/**
 * Few of the possible combinations, in which every two values that occur together in any of them do.
 *
 * Greedy: each time the one with the most pairs that no other has had. Not the fewest there could be, but the same each time.
 */
export function pairwise<Factor extends string>(possible: readonly Combination<Factor>[]): Combination<Factor>[] {
  const open = new Set(possible.flatMap(pairsOf));
  const chosen: Combination<Factor>[] = [];
  const news = (each: Combination<Factor>) => pairsOf(each).filter((pair) => open.has(pair)).length;
  while (open.size > 0) {
    const best = possible.reduce((one, other) => (news(other) > news(one) ? other : one));
    for (const pair of pairsOf(best)) open.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

/** The pairs of values in a combination, each as a text. */
export function pairsOf(combination: Combination<string>): string[] {
  const values = Object.entries(combination).map((entry) => entry.join('='));
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one} ${other}`));
}
