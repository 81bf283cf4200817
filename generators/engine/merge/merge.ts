import { diffArrays } from 'diff';

/** The names that conflict markers carry. */
export interface Labels {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Files of which each line stands for itself (patterns, owners, requirements): where both sides changed one place, and one
 * of them only added lines, both additions are kept, the owner's first, and what either took away goes.
 */
export const isLineList = (path: string): boolean =>
  /(^|\/)(\.[a-z]+ignore|CODEOWNERS|\.gitattributes|requirements[^/]*\.txt)$/.test(path);

export interface Merge {
  readonly text: string;
  /** How many places both sides changed differently; each stands between markers in the text. */
  readonly conflicts: number;
}

/** Lines `[from, to)` of the base that a side replaced by `lines`. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

// Past this many edits a diff is no longer worth its time: the sides are then compared as two whole blocks.
const maxEditLength = 4000;

/**
 * Merges by lines what two sides made of one base, as diff3 does: a change of one side is taken, the same change of both
 * sides is taken once, different changes to the same or to touching lines are a conflict. Line ends must be `\n`.
 *
 * @param lineList see {@link isLineList}.
 */
export function mergeLines(base: string, ours: string, theirs: string, labels: Labels, lineList = false): Merge {
  const lines = split(base);
  const mine = hunks(lines, split(ours));
  const yours = hunks(lines, split(theirs));
  const merged: string[] = [];
  let conflicts = 0;
  let at = 0;
  for (const { from, to, left, right } of regions(mine, yours)) {
    merged.push(...lines.slice(at, from));
    at = to;
    const a = replay(lines, from, to, left);
    const b = replay(lines, from, to, right);
    if (left.length === 0) merged.push(...b);
    else if (right.length === 0 || same(a, b)) merged.push(...a);
    else if (lineList && (onlyAdds(lines.slice(from, to), a) || onlyAdds(lines.slice(from, to), b)))
      merged.push(...mergeLists(lines.slice(from, to), a, b));
    else {
      conflicts += 1;
      merged.push(...marked(a, b, labels));
    }
  }
  merged.push(...lines.slice(at));
  return { text: merged.map((line) => `${line}\n`).join(''), conflicts };
}

/** Whether a side has all lines of the base, in order. */
function onlyAdds(base: readonly string[], side: readonly string[]): boolean {
  let at = 0;
  for (const line of side) if (line === base[at]) at += 1;
  return at === base.length;
}

function mergeLists(base: readonly string[], a: readonly string[], b: readonly string[]): string[] {
  const gone = base.filter((line) => !b.includes(line));
  const added = b.filter((line) => !base.includes(line) && !a.includes(line));
  return [...a.filter((line) => !gone.includes(line)), ...added];
}

const split = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((line, index) => line === b[index]);

function commonEnds(a: readonly string[], b: readonly string[]): { head: number; tail: number } {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return { head, tail };
}

function hunks(base: string[], side: string[]): Hunk[] {
  const { head, tail } = commonEnds(base, side);
  const from = base.slice(head, base.length - tail);
  const to = side.slice(head, side.length - tail);
  if (from.length === 0 && to.length === 0) return [];
  const changes = diffArrays(from, to, { maxEditLength });
  if (!changes) return [{ from: head, to: base.length - tail, lines: to }];
  const found: Hunk[] = [];
  let at = head;
  let open: { from: number; to: number; lines: string[] } | undefined;
  for (const { added, removed, value } of changes) {
    if (!added && !removed) {
      open = undefined;
      at += value.length;
      continue;
    }
    if (!open) {
      open = { from: at, to: at, lines: [] };
      found.push(open);
    }
    if (added) open.lines.push(...value);
    else at = open.to = at + value.length;
  }
  return found;
}

interface Region {
  from: number;
  to: number;
  readonly left: Hunk[];
  readonly right: Hunk[];
}

/** Both sides' hunks in order, those that overlap or touch gathered into one region. */
function regions(left: readonly Hunk[], right: readonly Hunk[]): Region[] {
  const all = [
    ...left.map((hunk) => ({ hunk, side: 'left' as const })),
    ...right.map((hunk) => ({ hunk, side: 'right' as const })),
  ].sort((a, b) => a.hunk.from - b.hunk.from || a.hunk.to - b.hunk.to);
  const found: Region[] = [];
  for (const { hunk, side } of all) {
    let region = found.at(-1);
    if (!region || hunk.from > region.to) {
      region = { from: hunk.from, to: hunk.to, left: [], right: [] };
      found.push(region);
    }
    region.to = Math.max(region.to, hunk.to);
    region[side].push(hunk);
  }
  return found;
}

function replay(base: string[], from: number, to: number, side: readonly Hunk[]): string[] {
  const lines: string[] = [];
  let at = from;
  for (const hunk of side) {
    lines.push(...base.slice(at, hunk.from), ...hunk.lines);
    at = hunk.to;
  }
  return [...lines, ...base.slice(at, to)];
}

function marked(a: string[], b: string[], labels: Labels): string[] {
  const { head, tail } = commonEnds(a, b);
  return [
    ...a.slice(0, head),
    `<<<<<<< ${labels.ours}`,
    ...a.slice(head, a.length - tail),
    '=======',
    ...b.slice(head, b.length - tail),
    `>>>>>>> ${labels.theirs}`,
    ...a.slice(a.length - tail),
  ];
}

/** The 1-based line of a conflict marker that an earlier run left in a text, or undefined. */
export function leftoverMarker(text: string): number | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^<{7} yours\r?$/.test(line));
  return start >= 0 && lines.some((line) => /^>{7} ds-devops /.test(line)) ? start + 1 : undefined;
}
