import { digest } from './digest.ts';
import { UserError } from './errors.ts';
import { type LockedFile, lockedContent } from './lock.ts';
import { leftoverMarker, mergeLines } from './merge.ts';
import type { Tree, TreeFile } from './render.ts';
import { decodeText, encodeText } from './text.ts';
import type { Found } from './worktree.ts';

/** The named outcomes of design's table "Coming back to a repository", in the order in which they are reported. */
export const outcomes = {
  created: 'new',
  updated: 'as rendered now; nobody had edited it',
  merged: "the template's changes and the owner's, line by line",
  conflict: 'left for the owner to decide',
  removed: 'no longer emitted; nobody had edited it',
  adopted: 'was there already, the same',
  unchanged: 'as it was rendered',
  kept: "the owner's edits stay; the template did not change, or no longer has the file",
  deleted: 'the owner deleted it; it stays deleted',
} as const;
export type Outcome = keyof typeof outcomes;

/** What is to be written at a path. */
export interface Write {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** What happens to one path, and why. */
export interface Step {
  readonly path: string;
  readonly outcome: Outcome;
  readonly stage: number;
  /** Said to the owner where the outcome alone does not explain itself. */
  readonly note?: string;
  readonly write?: Write;
  readonly remove?: true;
}

/** Path → one named outcome and the content to write, sorted by path. */
export type Plan = readonly Step[];

export interface Sides {
  /** As last rendered. */
  readonly base: ReadonlyMap<string, LockedFile>;
  /** The working tree, at least at the paths of the other two. */
  readonly ours: ReadonlyMap<string, Found>;
  /** As rendered now. */
  readonly theirs: Tree;
}

/** Suffix of the file that is put beside the owner's own where the two cannot be merged. */
export const besideSuffix = '.ds-devops-new';

/**
 * Decides, for every path that is or was emitted, what happens to it. Pure: nothing is read or written.
 *
 * @param label what conflict markers call the rendered side, e.g. `ds-devops level 4`.
 * @throws UserError if a file still holds conflict markers of an earlier run.
 */
export function plan({ base, ours, theirs }: Sides, label: string): Plan {
  const paths = [...new Set([...base.keys(), ...theirs.keys()])].sort();
  return paths.map((path) => {
    const before = base.get(path);
    const found = ours.get(path) ?? { kind: 'absent' };
    const now = theirs.get(path);
    if (found.kind === 'file') refuseLeftovers(path, found.content);
    const stage = now?.stage ?? before?.stage ?? 0;
    return { path, stage, ...decide(path, before, found, now, label) };
  });
}

type Decision = Omit<Step, 'path' | 'stage'>;

function decide(
  path: string,
  base: LockedFile | undefined,
  ours: Found,
  theirs: TreeFile | undefined,
  label: string,
): Decision {
  if (!theirs) return retire(base as LockedFile, ours);
  // A handed-over model whose bytes this run does not have can stay as it is, and nothing else.
  if (!theirs.content && theirs.sha256 !== base?.sha256)
    return { outcome: 'kept', note: 'its bytes are needed again: give it with --model' };
  const unchangedTemplate = base?.sha256 === theirs.sha256 && base.executable === theirs.executable;
  if (ours.kind === 'absent') {
    if (!base) return { outcome: 'created', write: write(path, theirs) };
    if (unchangedTemplate) return { outcome: 'deleted' };
    return { outcome: 'deleted', note: 'its template has changed since' };
  }
  if (ours.kind === 'blocked') {
    if (unchangedTemplate) return { outcome: 'kept', note: `${ours.by} is no regular file or folder` };
    return { outcome: 'conflict', note: `${ours.by} is in the way: move it, or take this file by hand` };
  }
  if (ours.sha256 === theirs.sha256 && ours.executable === theirs.executable)
    return { outcome: base ? 'unchanged' : 'adopted' };
  if (unchangedTemplate) return { outcome: sameText(ours, base) ? 'unchanged' : 'kept' };
  if (!base) return beside(path, theirs, "there was one of the owner's own already");
  return bring(path, base, ours, theirs, label);
}

/** A file that is no longer emitted goes, unless somebody has edited it. */
function retire(base: LockedFile, ours: Found): Decision {
  if (ours.kind === 'absent') return { outcome: 'deleted' };
  if (ours.kind === 'file' && sameText(ours, base) && ours.executable === base.executable)
    return { outcome: 'removed', remove: true };
  return { outcome: 'kept', note: 'no longer emitted, but edited: it is yours now' };
}

/** Brings a changed template to a file that is there. */
function bring(
  path: string,
  base: LockedFile,
  ours: Found & { kind: 'file' },
  theirs: TreeFile,
  label: string,
): Decision {
  const executable = ours.executable === base.executable ? theirs.executable : ours.executable;
  const mine = decodeText(ours.content);
  const rendered = theirs.content && decodeText(theirs.content);
  if (sameText(ours, base)) {
    const content =
      mine && rendered ? encodeText({ text: rendered.text, style: mine.style }) : (theirs.content as Buffer);
    return { outcome: 'updated', write: { path, content, executable } };
  }
  if (base.sha256 === theirs.sha256) return { outcome: 'merged', write: { path, content: ours.content, executable } };
  const original = lockedContent(base);
  const before = original && decodeText(original);
  if (!mine || !rendered || !before) return beside(path, theirs, 'both sides changed it, and it is no text');
  const { text, conflicts } = mergeLines(before.text, mine.text, rendered.text, { ours: 'yours', theirs: label });
  const content = encodeText({ text, style: mine.style });
  if (content.equals(ours.content) && executable === ours.executable) return { outcome: 'kept' };
  const lines = text.split('\n').flatMap((line, index) => (line === '<<<<<<< yours' ? [index + 1] : []));
  const places = `both sides changed the same lines: see the conflict markers at line ${lines.join(', ')}`;
  return {
    outcome: conflicts > 0 ? 'conflict' : 'merged',
    ...(conflicts > 0 ? { note: places } : {}),
    write: { path, content, executable },
  };
}

const write = (path: string, { content, executable }: TreeFile): Write => ({
  path,
  content: content as Buffer,
  executable,
});

function beside(path: string, theirs: TreeFile, why: string): Decision {
  const written = write(`${path}${besideSuffix}`, theirs);
  return { outcome: 'conflict', note: `${why}: ours lies beside it as ${written.path}`, write: written };
}

/** Whether a file is as it was rendered, but for line ends, a byte order mark and the final newline. */
function sameText(ours: Found & { kind: 'file' }, base: LockedFile): boolean {
  if (ours.sha256 === base.sha256) return true;
  const decoded = decodeText(ours.content);
  if (!decoded) return false;
  const plain = { bom: false, crlf: false, finalNewline: true };
  return digest(encodeText({ text: decoded.text, style: plain })) === base.sha256;
}

function refuseLeftovers(path: string, content: Buffer): void {
  if (!content.includes('<<<<<<< yours')) return;
  const line = leftoverMarker(content.toString());
  if (line !== undefined)
    throw new UserError(`${path}:${line} still holds conflict markers of the last run: resolve them and run again`);
}
