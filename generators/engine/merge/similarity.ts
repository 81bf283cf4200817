/** How often each line occurs, blank ones and indentation aside. */
type Lines = ReadonlyMap<string, number>;

export function countLines(content: Buffer): Lines {
  const counts = new Map<string, number>();
  for (const line of content.toString('latin1').split('\n')) {
    const plain = line.trim();
    if (plain) counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}

/** Dice's coefficient of two files' lines: 0 … 1. */
export function similarity(a: Lines, b: Lines): number {
  const size = (lines: Lines) => [...lines.values()].reduce((sum, count) => sum + count, 0);
  let common = 0;
  for (const [line, count] of a) common += Math.min(count, b.get(line) ?? 0);
  const all = size(a) + size(b);
  return all === 0 ? 0 : (2 * common) / all;
}
