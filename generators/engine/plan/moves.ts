import path from 'node:path';
import fs from 'fs-extra';
import { digest } from '../disk/digest.ts';
import { type LockedFile, lockedContent } from '../disk/lock.ts';
import type { Found } from '../disk/worktree.ts';
import { countLines, similarity } from '../merge/similarity.ts';

// What no owner moves a file into: state of git, of tools and of environments.
const passedOver = new Set([
  '.git',
  '.venv',
  'node_modules',
  '__pycache__',
  '.terraform',
  '.tox',
  'dist',
  '.ds-devops.run',
]);
// A larger file is no text that somebody edits, and a larger tree is searched no further.
const largestBytes = 1_000_000;
const mostFiles = 20_000;
// Git's threshold is 0.5; 0.6 paired no strangers in trials with emitted files.
const leastSimilarity = 0.6;
const clearLead = 0.1;

/**
 * Finds where the owner has moved emitted files: by the same content first, then by the most alike file with the same
 * ending, if no other is close to it.
 *
 * @param ours the working tree at least at the paths of `base`.
 * @param emitted paths at which a file is an emitted one, and so nobody's new place.
 * @returns emitted path → path where it lies now, of those that are gone from where they were.
 */
export async function findMoves(
  root: string,
  base: ReadonlyMap<string, LockedFile>,
  ours: ReadonlyMap<string, Found>,
  emitted: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const isGone = (place: string) => (ours.get(place)?.kind ?? 'absent') === 'absent';
  const gone = [...base].filter(([file, { at }]) => isGone(file) && (at === undefined || isGone(at)));
  if (gone.length === 0) return new Map();
  const endings = new Set(gone.map(([file]) => path.posix.extname(file)));
  const taken = new Set([...base.values()].flatMap(({ at }) => at ?? []));
  const places = (await filesBelow(root)).filter(
    (file) => !emitted.has(file) && !taken.has(file) && endings.has(path.posix.extname(file)),
  );
  const contents = await Promise.all(places.map((file) => readSmall(path.join(root, file))));
  const candidates = places.flatMap((file, index) => {
    const content = contents[index];
    return content ? [{ file, content, sha256: digest(content) }] : [];
  });
  return pair(gone, candidates);
}

interface Candidate {
  readonly file: string;
  readonly content: Buffer;
  readonly sha256: string;
}

function pair(gone: readonly (readonly [string, LockedFile])[], candidates: readonly Candidate[]): Map<string, string> {
  const moves = new Map<string, string>();
  const free = new Set(candidates);
  const take = (file: string, found: Candidate | undefined) => {
    if (!found) return;
    moves.set(file, found.file);
    free.delete(found);
  };
  for (const [file, { sha256 }] of gone) {
    const same = [...free].filter((candidate) => candidate.sha256 === sha256 && candidate.content.length > 0);
    take(file, nearest(file, same));
  }
  for (const [file, locked] of gone) {
    const content = moves.has(file) || free.size === 0 ? undefined : lockedContent(locked);
    if (!content || content.length === 0 || content.includes(0)) continue;
    const lines = countLines(content);
    const alike = [...free]
      .filter((candidate) => path.posix.extname(candidate.file) === path.posix.extname(file))
      .map((candidate) => ({ candidate, score: similarity(lines, countLines(candidate.content)) }))
      .filter(({ score }) => score >= leastSimilarity)
      .sort((a, b) => b.score - a.score);
    const [first] = alike;
    if (!first) continue;
    const close = alike.filter(({ score }) => first.score - score < clearLead).map(({ candidate }) => candidate);
    take(file, nearest(file, close));
  }
  return moves;
}

/** The one whose path ends like the file's by more folders and names than any other's; undefined where two do. */
function nearest(file: string, candidates: readonly Candidate[]): Candidate | undefined {
  const shared = candidates.map((candidate) => ({ candidate, ends: sharedEnd(file, candidate.file) }));
  const [first, second] = shared.sort((a, b) => b.ends - a.ends);
  return first && first.ends !== second?.ends ? first.candidate : undefined;
}

function sharedEnd(a: string, b: string): number {
  const [left, right] = [a.split('/').reverse(), b.split('/').reverse()];
  let count = 0;
  while (count < left.length && left[count] === right[count]) count += 1;
  return count;
}

/**
 * The places of newly emitted files whose folder the owner has moved: with all emitted files of a folder in another one
 * now, a new one goes there too.
 *
 * @param created emitted paths that were not emitted before.
 */
export function followFolders(
  created: Iterable<string>,
  base: ReadonlyMap<string, LockedFile>,
  moves: ReadonlyMap<string, string>,
): Map<string, string> {
  const now = new Map([...base].map(([file, { at }]) => [file, moves.get(file) ?? at ?? file]));
  const found = new Map<string, string>();
  if (moves.size === 0 && ![...base.values()].some(({ at }) => at !== undefined)) return found;
  for (const file of created) {
    for (let folder = path.posix.dirname(file); folder !== '.'; folder = path.posix.dirname(folder)) {
      const below = [...now].filter(([old]) => old.startsWith(`${folder}/`));
      if (below.length < 2) continue;
      const targets = new Set(below.map(([old, place]) => movedFolder(folder, old, place)));
      const [target] = targets;
      if (targets.size === 1 && target !== undefined && target !== folder)
        found.set(file, target + file.slice(folder.length));
      break;
    }
  }
  return found;
}

/** The folder that `folder` became, if the file went with it as it was. */
function movedFolder(folder: string, old: string, place: string): string | undefined {
  const rest = old.slice(folder.length);
  return place.endsWith(rest) ? place.slice(0, -rest.length) : undefined;
}

async function filesBelow(root: string): Promise<string[]> {
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined && found.length < mostFiles; folder = folders.pop()) {
    const entries = await fs.readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
    // Another repository, or another working tree of this one, is nobody's place to move a file to.
    if (folder !== '' && entries.some(({ name }) => name === '.git')) continue;
    for (const entry of entries) {
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !passedOver.has(entry.name)) folders.push(file);
      else if (entry.isFile()) found.push(file);
    }
  }
  return found.sort();
}

async function readSmall(file: string): Promise<Buffer | undefined> {
  const stat = await fs.lstat(file).catch(() => undefined);
  return stat?.isFile() && stat.size <= largestBytes ? fs.readFile(file).catch(() => undefined) : undefined;
}
