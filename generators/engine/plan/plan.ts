import type { LockedFile } from '../disk/lock.ts';
import type { Found } from '../disk/worktree.ts';
import { UserError } from '../errors.ts';
import { leftoverMarker } from '../merge/merge.ts';
import { sameText } from '../merge/text.ts';
import type { Tree } from '../render/render.ts';
import { decide, retire, type Side } from './decision.ts';

/** The named outcomes of design's table "Coming back to a repository", in the order in which they are reported. */
export const outcomes = {
  created: 'new',
  updated: 'as rendered now; nobody had edited it',
  merged: "the template's changes and the owner's, both",
  conflict: 'left for the owner to decide',
  removed: 'no longer emitted; nobody had edited it',
  adopted: 'was there already, the same',
  unchanged: 'as it was rendered',
  kept: "the owner's edits stay; the template did not change, or no longer has the file",
  deleted: 'the owner deleted it; it stays deleted',
  detached: 'the owner has it for good; it is never written',
} as const;
export type Outcome = keyof typeof outcomes;

/** What is to be written at a path. */
export interface Write {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
  /** The path whose permissions it keeps, where that is another one: that of a file before its template was renamed. */
  readonly from?: string;
}

/** What happens to one path, and why. */
export interface Step {
  readonly path: string;
  /** Where the owner has it, if they moved it. */
  readonly at?: string;
  readonly outcome: Outcome;
  readonly stage: number;
  /** The pack that brings it, or that brought it. */
  readonly pack: string;
  /** Said to the owner where the outcome alone does not explain itself. */
  readonly note?: string;
  readonly write?: Write;
  /** A path to be removed: of a file that is no longer emitted, or that has another path now. */
  readonly remove?: string;
}

/** Path → one named outcome and the content to write, sorted by path. */
export type Plan = readonly Step[];

export interface Sides {
  /** As last rendered. */
  readonly base: ReadonlyMap<string, LockedFile>;
  /** The working tree, at least at the paths of the other two, at those of `moves`, and beside each where a rendered file could be put. */
  readonly ours: ReadonlyMap<string, Found>;
  /** As rendered now. */
  readonly theirs: Tree;
  /** Emitted path → where the owner has moved it, or the folder that it belongs to. */
  readonly moves?: ReadonlyMap<string, string>;
  /** Path as last rendered → path as rendered now, of templates that were renamed. */
  readonly renames?: ReadonlyMap<string, string>;
  /** What the owner has for good from now on. */
  readonly detached?: ReadonlySet<string>;
  /** Whether a file of the owner's own is filled up with what it lacks, where its format allows that. */
  readonly adopt?: boolean;
}

/** One emitted path with all that is known of it. */
interface Item {
  readonly path: string;
  readonly side: Side;
  /** Where the owner's file lies. */
  readonly from: string;
  /** Where it lies afterwards. */
  readonly to: string;
}

/**
 * Decides, for every path that is or was emitted, what happens to it. Pure: nothing is read or written.
 *
 * @param label what conflict markers call the rendered side, e.g. `ds-devops level 4`.
 * @throws UserError if a file still holds conflict markers of an earlier run.
 */
export function plan(sides: Sides, label: string): Plan {
  const { base, theirs } = sides;
  const source = sources(sides);
  const renamed = new Set([...source.values()]);
  const paths = [...new Set([...[...base.keys()].filter((path) => !renamed.has(path)), ...theirs.keys()])].sort();
  const items = paths.map((path) => locate(path, source.get(path) ?? path, sides));
  // That a file goes may make room for another, whose going makes room in turn: begun with all that could go, until what is
  // taken to go is what goes.
  for (let leaving = new Set(items.filter(leaves).map(({ from }) => from)); ; ) {
    const steps = items.map((item) => stepOf(item, sides, leaving, label));
    const gone = new Set(steps.flatMap(({ remove }) => remove ?? []));
    if (gone.size === leaving.size) return steps;
    leaving = gone;
  }
}

function stepOf({ path, side, from, to }: Item, sides: Sides, leaving: ReadonlySet<string>, label: string): Step {
  const { ours, detached, adopt = false } = sides;
  const { found, base: before, theirs: now } = side;
  const free = isFree(ours.get(to), leaving);
  const { stage = 0, pack = '' } = now ?? before ?? {};
  const all = { path, stage, pack };
  if (now && before?.detached) return { ...all, ...moved(path, from), outcome: 'detached' };
  if (now && detached?.has(path)) {
    const note = 'yours for good: it is never written again';
    return { ...all, ...moved(path, from), outcome: 'detached', note };
  }
  if (found.kind === 'file') refuseLeftovers(from, found.content);
  if (!now) return { ...all, ...moved(path, from), ...retire(before as LockedFile, found, from, from !== path) };
  if (from === to) {
    const freed = found.kind === 'blocked' && free ? ({ kind: 'absent' } as const) : found;
    return { ...all, ...moved(path, to), ...decide(to, { ...side, found: freed }, ours, label, adopt) };
  }
  const decision = decide(from, side, ours, label, false);
  if (free) return { ...all, ...carried(from, to, side, decision) };
  const note = `its template is now ${to}, where something of yours lies: this one stays where it is`;
  return { ...all, at: from, ...decision, outcome: 'conflict', note };
}

/** Path as rendered now → path as last rendered, of the renamed templates that both sides have. */
function sources({ base, theirs, renames = new Map() }: Sides): Map<string, string> {
  const found = new Map<string, string>();
  for (const [old, path] of renames)
    if (base.has(old) && !theirs.has(old) && theirs.has(path) && !base.has(path)) found.set(path, old);
  return found;
}

function locate(path: string, source: string, { base, ours, theirs, moves }: Sides): Item {
  const before = base.get(source);
  const places = before ? [before.at, source, path, moves?.get(source)] : [moves?.get(path), path];
  const isFile = (place: string | undefined) => place !== undefined && ours.get(place)?.kind === 'file';
  const from = before
    ? (places.find(isFile) ?? before.at ?? path)
    : (places.find((place) => place !== undefined) as string);
  const found = ours.get(from) ?? { kind: 'absent' };
  const to = from === source ? path : from;
  return { path, side: { base: before, found, theirs: theirs.get(path) }, from, to };
}

/** Whether the owner's file goes from where it is: an untouched one that is no longer emitted, or one with a new path. */
function leaves({ path, from, to, side: { base, found, theirs } }: Item): boolean {
  if (found.kind !== 'file' || !base) return false;
  return theirs
    ? from !== to
    : from === path && sameText(found.content, base.sha256) && found.executable === base.executable;
}

/** Whether a file can be put at a place: nothing is there, or only what goes away, or an empty folder. */
function isFree(found: Found | undefined, leaving: ReadonlySet<string>): boolean {
  if (!found || found.kind === 'absent') return true;
  if (found.kind === 'file') return false;
  return leaving.has(found.by) || (found.entries?.every((entry) => leaving.has(entry)) ?? false);
}

const moved = (path: string, at: string) => (path === at ? {} : { at });

type Decision = ReturnType<typeof decide>;

/** A decision about a file whose template has another path now: it goes there, with the owner's edits. */
function carried(
  from: string,
  to: string,
  { found, theirs }: Side,
  decision: Decision,
): Omit<Step, 'path' | 'stage' | 'pack'> {
  if (found.kind !== 'file' || decision.outcome === 'deleted') return decision;
  const { outcome, note, write } = decision;
  const executable = write?.path === from ? write.executable : found.executable;
  const inPlace = write === undefined || write.path === from;
  // What cannot be merged lies beside the old path in its decision, and beside the new one here.
  const beside = inPlace ? undefined : { ...write, path: write.path.replace(from, () => to) };
  if (beside)
    return { outcome, note: `${note} (its template was renamed)`.replace(from, () => to), at: from, write: beside };
  const untouched = outcome === 'updated' || sameText(found.content, theirs?.sha256 ?? '');
  return {
    outcome: outcome === 'conflict' ? outcome : untouched ? 'updated' : 'merged',
    note: [note, `it was ${from} before`].filter(Boolean).join('; '),
    write: { path: to, from, content: write?.content ?? found.content, executable },
    remove: from,
  };
}

function refuseLeftovers(path: string, content: Buffer): void {
  if (!content.includes('<<<<<<< yours')) return;
  const line = leftoverMarker(content.toString());
  if (line !== undefined)
    throw new UserError(`${path}:${line} still holds conflict markers of the last run: resolve them and run again`);
}
