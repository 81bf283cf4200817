import { type LockedFile, lockedContent } from '../disk/lock.ts';
import type { Found } from '../disk/worktree.ts';
import { isLineList, mergeLines } from '../merge/merge.ts';
import { countLines, similarity } from '../merge/similarity.ts';
import { decodeText, decodeTogether, encodeText, sameText, type Text, type TextStyle } from '../merge/text.ts';
import { adoptValues, mergeValues } from '../merge/values.ts';
import type { TreeFile } from '../render/render.ts';
import type { Step } from './plan.ts';

/** Suffix of the file that is put beside the owner's own where the two cannot be merged. */
export const besideSuffix = '.ds-devops-new';

// Of a file that has less in common with what was rendered there are no places to mark: it would be one mark from end to end.
const leastInCommon = 0.2;

/** The three versions of one file. */
export interface Side {
  readonly base: LockedFile | undefined;
  readonly found: Found;
  readonly theirs: TreeFile | undefined;
}

type Decision = Omit<Step, 'path' | 'stage' | 'pack' | 'at'>;

/**
 * Decides what happens to one file that is emitted.
 *
 * @param place where the owner's file lies, or the new one shall.
 * @param ours what else lies in the working tree: at the places beside.
 */
export function decide(
  place: string,
  { base, found, theirs }: Side,
  ours: ReadonlyMap<string, Found>,
  label: string,
  adopt: boolean,
): Decision {
  const now = theirs as TreeFile;
  // A handed-over model whose bytes this run does not have can stay as it is, and nothing else.
  if (!now.content && now.sha256 !== base?.sha256)
    return { outcome: 'kept', note: 'its bytes are needed again: give it with --model' };
  const unchangedTemplate = base?.sha256 === now.sha256 && base.executable === now.executable;
  if (found.kind === 'absent') {
    if (!base) return { outcome: 'created', write: { path: place, ...fileOf(now) } };
    if (unchangedTemplate) return { outcome: 'deleted' };
    return { outcome: 'deleted', note: 'its template has changed since' };
  }
  const aside = (why: string) => besides(place, found, base, now, ours, why);
  if (found.kind === 'blocked') {
    if (unchangedTemplate) return { outcome: 'kept', note: `${found.by} is no regular file or folder` };
    return aside(`${found.by} is in the way`);
  }
  if (found.sha256 === now.sha256 && found.executable === now.executable)
    return { outcome: base ? 'unchanged' : 'adopted' };
  if (!base) {
    const filled = adopt ? fillUp(place, found, now) : undefined;
    return filled ?? aside("there was one of the owner's own already");
  }
  if (unchangedTemplate) {
    const untouched = sameText(found.content, base.sha256) && found.executable === base.executable;
    return { outcome: untouched ? 'unchanged' : 'kept' };
  }
  return bring(place, base, found, now, label) ?? aside('both sides changed it, and it has no lines in common');
}

/** A file that is no longer emitted goes, unless somebody has edited it. */
export function retire(base: LockedFile, found: Found, place: string, moved = false): Decision {
  if (base.detached) return { outcome: 'detached' };
  if (found.kind === 'absent') return { outcome: 'deleted' };
  // That it was moved may be a guess: a copy of the owner's, made before they deleted the file, looks the same.
  if (moved) return { outcome: 'kept', note: 'no longer emitted, but not where it was: it is yours now' };
  if (found.kind === 'file' && sameText(found.content, base.sha256) && found.executable === base.executable)
    return { outcome: 'removed', remove: place };
  return { outcome: 'kept', note: 'no longer emitted, but edited: it is yours now' };
}

/** Brings a changed template to a file that is there; undefined where the two cannot be merged. */
function bring(
  path: string,
  base: LockedFile,
  found: Found & { kind: 'file' },
  theirs: TreeFile,
  label: string,
): Decision | undefined {
  const executable = found.executable === base.executable ? theirs.executable : found.executable;
  if (sameText(found.content, base.sha256)) {
    const mine = found.sha256 === base.sha256 ? undefined : decodeText(found.content);
    const rendered = mine && decodeText(fileOf(theirs).content);
    const content = mine && rendered ? encodeText({ text: rendered.text, style: mine.style }) : fileOf(theirs).content;
    return { outcome: 'updated', write: { path, content, executable } };
  }
  if (base.sha256 === theirs.sha256)
    return executable === found.executable
      ? { outcome: 'kept' }
      : { outcome: 'merged', write: { path, content: found.content, executable } };
  const original = lockedContent(base);
  const texts = original && theirs.content && decodeTogether(original, found.content, theirs.content);
  if (!texts) return undefined;
  const [before, mine, rendered] = texts as [Text, Text, Text];
  const merge = mergeLines(before.text, mine.text, rendered.text, { ours: 'yours', theirs: label }, isLineList(path));
  const values = merge.conflicts > 0 ? mergeValues(path, before.text, mine.text, rendered.text) : undefined;
  const text = values ?? merge.text;
  const content = encodeText({ text, style: styleOf(before, mine, rendered) });
  if (content.equals(found.content) && executable === found.executable) return { outcome: 'kept' };
  const write = { path, content, executable };
  if (merge.conflicts === 0 || values !== undefined) return { outcome: 'merged', write };
  if (similarity(countLines(original), countLines(found.content)) < leastInCommon) return undefined;
  const lines = text.split('\n').flatMap((line, index) => (line === '<<<<<<< yours' ? [index + 1] : []));
  const note = `both sides changed the same lines: see the conflict markers at line ${lines.join(', ')}`;
  return { outcome: 'conflict', note, write };
}

/** The owner's way of writing where they changed it, else the template's. */
function styleOf(base: Text, mine: Text, theirs: Text): TextStyle {
  const pick = <K extends keyof TextStyle>(key: K) => (mine.style[key] === base.style[key] ? theirs : mine).style[key];
  return { ...mine.style, bom: pick('bom'), crlf: pick('crlf'), finalNewline: pick('finalNewline') };
}

/** A file of the owner's own with what it lacks added; undefined where its format does not allow that. */
function fillUp(path: string, found: Found & { kind: 'file' }, theirs: TreeFile): Decision | undefined {
  const mine = decodeText(found.content);
  const rendered = theirs.content && decodeText(theirs.content);
  const filled = mine && rendered && adoptValues(path, mine.text, rendered.text);
  if (!filled) return undefined;
  const { text, kept } = filled;
  const note = kept.length > 0 ? { note: `yours stay where both have a value: ${kept.join(', ')}` } : {};
  const content = encodeText({ text, style: mine.style });
  if (content.equals(found.content)) return { outcome: 'kept', ...note };
  return { outcome: 'merged', ...note, write: { path, content, executable: found.executable } };
}

const fileOf = ({ content, executable }: TreeFile) => ({ content: content as Buffer, executable });

/** Puts the rendered file beside what cannot be merged with it, or beside what is in its way. */
function besides(
  place: string,
  found: Exclude<Found, { kind: 'absent' }>,
  base: LockedFile | undefined,
  theirs: TreeFile,
  ours: ReadonlyMap<string, Found>,
  why: string,
): Decision {
  const by = found.kind === 'blocked' ? found.by : place;
  // One of ours from last time, which nobody has touched, is brought up to date.
  const isOurs = (there: Found) =>
    there.kind === 'file' && (there.sha256 === theirs.sha256 || there.sha256 === base?.sha256);
  const lies = (path: string) => ours.get(path) ?? ({ kind: 'absent' } as const);
  const plain = besidePath(place, by);
  const isFree = lies(plain).kind === 'absent' || isOurs(lies(plain));
  const path = isFree ? plain : besidePath(place, by, `-${theirs.sha256.slice(0, 8)}`);
  const there = lies(path);
  const isThere =
    there.kind !== 'absent' && !(there.kind === 'file' && there.sha256 !== theirs.sha256 && isOurs(there));
  const note = `${why}: ours lies beside it as ${path}`;
  return { outcome: 'conflict', note, ...(isThere ? {} : { write: { path, ...fileOf(theirs) } }) };
}

/** Where a rendered file is put whose place is taken by `by`: itself, or a folder above it. */
export const besidePath = (place: string, by = place, variant = '') =>
  `${by}${besideSuffix}${variant}${place.slice(by.length)}`;
