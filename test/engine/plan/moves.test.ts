import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { lockOf } from '../../../generators/engine/disk/lock.ts';
import { readWorkingTree } from '../../../generators/engine/disk/worktree.ts';
import { findMoves, followFolders } from '../../../generators/engine/plan/moves.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

function lockedFiles(texts: Record<string, string>) {
  const tree = Object.entries(texts).map(([file, text]) => {
    const content = Buffer.from(text);
    return [file, { content, sha256: digest(content), executable: false, stage: 0, pack: 'p' }] as const;
  });
  return lockOf(new Map(tree), '1.0.0', {}).files;
}

async function moves(emitted: Record<string, string>, disk: Record<string, string>) {
  const root = await newFolder();
  await writeFiles(root, disk);
  const base = lockedFiles(emitted);
  const found = await findMoves(root, base, await readWorkingTree(root, base.keys()), new Set(base.keys()));
  return Object.fromEntries(found);
}

test('the same content under another name', async () => {
  expect(await moves({ 'a.py': 'x\n', 'b.py': 'y\n' }, { 'lib/z.py': 'x\n', 'b.py': 'y\n' })).toEqual({
    'a.py': 'lib/z.py',
  });
});

test('a file that was edited as well', async () => {
  const disk = { 'notes/b.md': `${numbers(1, 9)}mine\n`, 'c.md': numbers(20, 30), 'a.txt': numbers(1, 10) };
  expect(await moves({ 'a.md': numbers(1, 10) }, disk)).toEqual({ 'a.md': 'notes/b.md' });
});

test('a folder, whose files of the same content keep their places in it', async () => {
  const emitted = { 'src/a/__init__.py': '# one\n', 'src/b/__init__.py': '# one\n', 'src/b/c.py': numbers(1, 5) };
  const disk = {
    'lib/a/__init__.py': '# one\n',
    'lib/b/__init__.py': '# one\n',
    'lib/b/c.py': `${numbers(1, 5)}mine\n`,
  };
  expect(await moves(emitted, disk)).toEqual({
    'src/a/__init__.py': 'lib/a/__init__.py',
    'src/b/__init__.py': 'lib/b/__init__.py',
    'src/b/c.py': 'lib/b/c.py',
  });
});

test.each([
  ['nothing is alike', { 'a.md': numbers(1, 10) }, { 'b.md': numbers(8, 20) }],
  ['two are equally alike', { 'a.md': numbers(1, 10) }, { 'b.md': numbers(1, 9), 'c.md': numbers(2, 10) }],
  ['an empty file is like any other', { 'a.py': '' }, { 'b.py': '' }],
  ['another ending is another kind of file', { 'a.yml': numbers(1, 10) }, { 'a.md': numbers(1, 10) }],
  ['what lies in an environment is nobody’s', { 'a.py': numbers(1, 9) }, { '.venv/lib/a.py': numbers(1, 9) }],
  ['an emitted file is where it belongs', { 'a.py': 'x\n', 'b.py': 'x\n' }, { 'b.py': 'x\n' }],
])('is none where %s', async (_, emitted, disk) => {
  expect(await moves(emitted, disk)).toEqual({});
});

test('is none where it is a link', async () => {
  const root = await newFolder();
  const base = lockedFiles({ 'a.py': 'x\n' });
  await writeFiles(path.dirname(root), { 'outside.py': 'x\n' });
  await fs.symlink('../outside.py', path.join(root, 'b.py'));
  expect(await findMoves(root, base, await readWorkingTree(root, base.keys()), new Set(base.keys()))).toEqual(
    new Map(),
  );
});

test('a new file goes where all of its folder went, and not where one of them did', () => {
  const base = lockedFiles({ 'a/x': 'x', 'a/y': 'y', 'b/x': 'x', 'b/y': 'y' });
  const moved = new Map([
    ['a/x', 'lib/a/x'],
    ['a/y', 'lib/a/y'],
    ['b/x', 'lib/b/x'],
  ]);
  expect(followFolders(['a/new', 'b/new', 'c'], base, moved)).toEqual(new Map([['a/new', 'lib/a/new']]));
});
