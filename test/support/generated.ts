import path from 'node:path';
import fc from 'fast-check';
import fs from 'fs-extra';
import { changesOf } from '../../generators/command/changes.ts';
import { planFrom } from '../../generators/command/decide.ts';
import type { Answers } from '../../generators/engine/answers/answers.ts';
import { readStored } from '../../generators/engine/answers/stored.ts';
import { apply, type Changes } from '../../generators/engine/disk/apply.ts';
import { digest } from '../../generators/engine/disk/digest.ts';
import { type Lock, lockOf, readLock } from '../../generators/engine/disk/lock.ts';
import { readWorkingTree } from '../../generators/engine/disk/worktree.ts';
import type { Plan } from '../../generators/engine/plan/plan.ts';
import type { Tree } from '../../generators/engine/render/render.ts';

/** A generated repository: path → bytes (as Latin-1 text) and executable bit. */
export type Files = Readonly<Record<string, { readonly bytes: string; readonly executable: boolean }>>;

/** What is emitted first, what is emitted later, and which paths of the first have another name in the second. */
export interface Emitted {
  readonly base: Files;
  readonly theirs: Files;
  readonly renames: ReadonlyMap<string, string>;
}

/** One thing that an owner does; `at` picks a file, `line` a line in it, and `id` tells what they write from all else. */
export interface Edit {
  readonly kind: (typeof kinds)[number];
  readonly at: number;
  readonly line: number;
  readonly id: number;
}

const kinds = [
  'insert',
  'append',
  'change',
  'drop line',
  'crlf',
  'bom',
  'no final newline',
  'latin1',
  'chmod',
  'read-only',
  'private',
  'delete',
  'move',
  'move folder',
  'to link',
  'to folder',
  'folder to link',
  'own file',
  'empty folder',
] as const;

// Some lie in each other's way (a file here, a folder there), some differ in case only.
const places = [
  'README.md',
  'Readme.md',
  'run.sh',
  'conf',
  'conf/x.yaml',
  'conf/x.yaml/deep.json',
  'src/a.py',
  'src/b.py',
  'src/sub/c.toml',
  'src/sub',
  '.gitignore',
  'data.bin',
];

const line = fc.constantFrom('a', 'b: 1', 'c', 'd', '', '# note', 'e = 2', '  f');
const text = fc.array(line, { maxLength: 9 }).map((lines) => lines.map((each) => `${each}\n`).join(''));
const bytes = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: text.map((each) => `${each}caf\xe9\n`) },
  { weight: 1, arbitrary: fc.constantFrom('\0one', '\0two\n', 'no end', '') },
);
const file = fc.record({ bytes, executable: fc.boolean() });

/** Leaves out what lies below a file. */
const consistent = (files: Files): Files =>
  Object.fromEntries(
    Object.entries(files).filter(([at]) => !Object.keys(files).some((other) => at.startsWith(`${other}/`))),
  );

const files = fc.dictionary(fc.constantFrom(...places), file, { maxKeys: 6, noNullPrototype: true }).map(consistent);

/** A first and a later version: mostly the same files, some changed, gone, new, or under another name. */
export const emitted: fc.Arbitrary<Emitted> = fc
  .record({
    base: files,
    other: files,
    fates: fc.array(fc.constantFrom('same', 'same', 'changed', 'changed', 'gone', 'renamed', 'recased'), {
      minLength: 6,
      maxLength: 6,
    }),
    changes: fc.array(fc.tuple(fc.nat(9), line), { minLength: 6, maxLength: 6 }),
  })
  .map(({ base, other, fates, changes }) => {
    const renames = new Map<string, string>();
    const later: Record<string, Files[string]> = {};
    Object.entries(base).forEach(([at, held], index) => {
      const [where, words] = changes[index] as [number, string];
      const lines = held.bytes.split('\n');
      lines.splice(where % lines.length, where % 2, words);
      const changed = { ...held, bytes: lines.join('\n') };
      if (fates[index] === 'same') later[at] = held;
      if (fates[index] === 'changed') later[at] = changed;
      if (fates[index] !== 'renamed' && fates[index] !== 'recased') return;
      const now = fates[index] === 'renamed' ? `new/${at}` : at.toUpperCase();
      renames.set(at, now);
      later[now] = changed;
    });
    return { base, theirs: consistent({ ...other, ...later }), renames };
  });

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(20), line: fc.nat(9), id: fc.nat(1_000_000) }),
  { maxLength: 5 },
);

/** How one comes back: what `--adopt` and `--detach` say. */
export interface Manner {
  readonly adopt: boolean;
  /** Picks the file to be detached, if there is one at that place. */
  readonly detach: number;
}

export const manners: fc.Arbitrary<Manner> = fc.record({
  adopt: fc.boolean(),
  detach: fc.oneof({ weight: 3, arbitrary: fc.constant(99) }, { weight: 1, arbitrary: fc.nat(5) }),
});

/** What an owner wrote, took away and put outside, as it has to be found again. */
export interface Owned {
  /** Texts, each found in one place. */
  readonly written: Set<string>;
  readonly deleted: Set<string>;
  /** Path → what the link points to. */
  readonly links: Map<string, string>;
  /** Paths of files that never were ours. */
  readonly own: Set<string>;
}

/** Carries an owner's edits out on the disk; `outside` is a folder that their links lead to. */
export async function edit(root: string, outside: string, base: Files, all: readonly Edit[]): Promise<Owned> {
  const owned: Owned = { written: new Set(), deleted: new Set(), links: new Map(), own: new Set() };
  for (const each of all) await editOnce(root, outside, Object.keys(base), each, owned);
  return owned;
}

async function editOnce(root: string, outside: string, paths: string[], { kind, at, line, id }: Edit, owned: Owned) {
  const mine = `mine-${id}-`;
  const own = places[at % places.length] as string;
  const target = paths[at % Math.max(1, paths.length)] ?? own;
  const absolute = path.join(root, target);
  const there = await fs.lstat(absolute).catch(() => undefined);
  if (kind === 'own file' || kind === 'empty folder') {
    const free = !paths.includes(own) && !(await fs.lstat(path.join(root, own)).catch(() => undefined));
    const above = await fs.stat(path.join(root, path.dirname(own))).catch(() => undefined);
    if (!free || (above && !above.isDirectory()) || !(await clear(root, own))) return;
    if (kind === 'empty folder') return fs.mkdirp(path.join(root, own));
    owned.written.add(mine);
    owned.own.add(own);
    return fs.outputFile(path.join(root, own), `${mine}\n`);
  }
  if (!there?.isFile() || !(await clear(root, target))) return;
  const held = await fs.readFile(absolute, 'latin1');
  const write = async (now: string) => {
    await fs.chmod(absolute, there.mode | 0o200);
    await fs.writeFile(absolute, now, 'latin1');
    await fs.chmod(absolute, there.mode);
  };
  const lines = held.split('\n');
  const where = line % lines.length;
  const has = (now: string) => [...owned.written].every((tag) => !held.includes(tag) || now.includes(tag));
  switch (kind) {
    case 'insert':
    case 'append':
      lines.splice(kind === 'insert' ? where : lines.length, 0, mine);
      owned.written.add(mine);
      return write(lines.join('\n'));
    case 'change':
      lines[where] = mine;
      if (!has(lines.join('\n'))) return;
      owned.written.add(mine);
      return write(lines.join('\n'));
    case 'drop line':
      lines.splice(where, 1);
      return has(lines.join('\n')) ? write(lines.join('\n')) : undefined;
    case 'crlf':
      return write(held.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n'));
    case 'bom':
      return write(`\xef\xbb\xbf${held}`);
    case 'no final newline':
      return write(held.replace(/\r?\n$/, ''));
    case 'latin1':
      owned.written.add(mine);
      return write(`# \xe9 ${mine}\n${held}`);
    case 'chmod':
      return fs.chmod(absolute, there.mode ^ 0o111);
    case 'read-only':
      return fs.chmod(absolute, there.mode & ~0o222);
    case 'private':
      return fs.chmod(absolute, there.mode & ~0o077);
    case 'delete':
      if (!has('')) return;
      owned.deleted.add(target);
      return fs.remove(absolute);
    case 'to link':
      if (!has('')) return;
      await fs.remove(absolute);
      owned.links.set(target, ['no/where', path.join(outside, 'file'), outside][line % 3] as string);
      return fs.symlink(owned.links.get(target) as string, absolute);
    case 'to folder':
      if (!has('')) return;
      await fs.remove(absolute);
      owned.written.add(mine);
      return fs.outputFile(path.join(absolute, 'inside'), `${mine}\n`);
    case 'move':
      return fs.move(absolute, path.join(root, 'moved', `${id}-${path.basename(target)}`));
    case 'move folder':
    case 'folder to link': {
      const folder = target.split('/')[0] as string;
      const away = path.join(kind === 'move folder' ? path.join(root, 'elsewhere') : outside, folder);
      if (folder === target || ((await fs.pathExists(path.dirname(away))) && kind === 'move folder')) return;
      await fs.move(path.join(root, folder), away);
      const inside = (file: string) => file.startsWith(`${folder}/`);
      for (const file of [...owned.own].filter(inside)) {
        owned.own.delete(file);
        if (kind === 'move folder') owned.own.add(`elsewhere/${file}`);
      }
      if (kind === 'move folder') return;
      for (const file of [...owned.links.keys()].filter(inside)) owned.links.delete(file);
      owned.links.set(folder, away);
      return fs.symlink(away, path.join(root, folder));
    }
  }
}

/** Whether every folder above is none, or a real one. */
async function clear(root: string, file: string): Promise<boolean> {
  for (let at = path.posix.dirname(file); at !== '.'; at = path.posix.dirname(at)) {
    const stat = await fs.lstat(path.join(root, at)).catch(() => undefined);
    if (stat && !stat.isDirectory()) return false;
  }
  return true;
}

export const treeOf = (all: Files): Tree =>
  new Map(
    Object.entries(all).map(([at, held]) => {
      const content = Buffer.from(held.bytes, 'latin1');
      return [at, { content, sha256: digest(content), executable: held.executable, stage: 0, pack: 'p' }];
    }),
  );

/** One run of the walk, with generated files in the place of rendered ones. */
export async function comeBack(
  root: string,
  theirs: Tree,
  renames: ReadonlyMap<string, string>,
  { adopt, detach }: Manner = { adopt: false, detach: 99 },
): Promise<{ steps: Plan; changes: Changes; lock: Lock }> {
  const answers: Answers = {
    name: 'demo',
    packageName: 'demo',
    level: 2,
    target: 'local',
    ci: 'github',
    model: 'example',
    samples: 'none',
  };
  const state = await readWorkingTree(root, ['.yo-rc.json', '.ds-devops.lock.json']);
  const [stored, lock] = [await readStored(root), await readLock(root, '1.0.0')];
  const base: Lock['files'] = lock?.files ?? new Map();
  const detached = new Set([...theirs.keys()].slice(detach, detach + 1));
  const { ours, steps } = await planFrom(root, { base, theirs, renames, detached, adopt }, answers);
  const next = (owned: Parameters<typeof lockOf>[4]) => lockOf(theirs, '1.0.0', {}, lock, owned);
  const changes = await changesOf(state, steps, ours, base, stored.with({ level: 2 }), next);
  if (changes.writes.length + changes.removals.length + changes.last.length > 0) await apply(root, changes);
  return { steps, changes, lock: (await readLock(root, '1.0.0')) as Lock };
}
