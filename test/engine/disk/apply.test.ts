import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { apply } from '../../../generators/engine/disk/apply.ts';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { newFolder, snapshot, writeFiles } from '../../support/folder.ts';

const write = (file: string, text: string, executable = false) => ({
  path: file,
  content: Buffer.from(text),
  executable,
});

const sha = (text: string) => digest(Buffer.from(text));

test('writes files with their modes, removes others, and leaves nothing beside them', async () => {
  const root = await newFolder();
  await writeFiles(root, { old: 'old', 'empty/old': 'old', 'kept/old': 'old', 'kept/mine': 'mine' });
  await apply(root, {
    writes: [write('a', 'a'), write('deep/er/run', 'run', true)],
    removals: ['old', 'empty/old', 'kept/old'],
    last: [write('lock', 'l')],
    before: new Map(['old', 'empty/old', 'kept/old'].map((file) => [file, sha('old')])),
  });
  expect(await snapshot(root)).toEqual({
    a: '644 a',
    'deep/er/run': '755 run',
    'kept/mine': '644 mine',
    lock: '644 l',
  });
  expect(await fs.pathExists(path.join(root, 'empty'))).toBe(false);
});

test("an existing file keeps its owner's permissions, but for the executable bits", async () => {
  const root = await newFolder();
  await writeFiles(root, { run: 'old', private: 'old', shared: 'old' });
  await fs.chmod(path.join(root, 'run'), 0o755);
  await fs.chmod(path.join(root, 'private'), 0o600);
  await fs.chmod(path.join(root, 'shared'), 0o664);
  await apply(root, {
    writes: [write('run', 'new'), write('private', 'new', true), write('shared', 'new')],
    removals: [],
    last: [],
    before: new Map(['run', 'private', 'shared'].map((file) => [file, sha('old')])),
  });
  expect(await snapshot(root)).toEqual({ run: '644 new', private: '700 new', shared: '664 new' });
});

test('when one file cannot be written nothing is changed, not even a folder, and the place is named', async () => {
  const root = await newFolder();
  await writeFiles(root, { a: 'as it was', file: 'in the way' });
  const before = await snapshot(root);
  const writes = [write('a', 'new'), write('new/b', 'b'), write('file/c', 'c')];
  const seen = new Map([['a', sha('as it was')]]);
  await expect(apply(root, { writes, removals: [], last: [], before: seen })).rejects.toThrow(
    /file cannot be written \(ENOTDIR\): nothing was changed/,
  );
  expect(await snapshot(root)).toEqual(before);
  expect(await fs.pathExists(path.join(root, 'new'))).toBe(false);
});

test('what has changed since it was read is not overwritten', async () => {
  const root = await newFolder();
  await writeFiles(root, { a: 'as it was', b: 'as it was' });
  const writes = [write('a', 'new'), write('b', 'new')];
  const seen = new Map([
    ['a', sha('as it was')],
    ['b', sha('as it was a moment ago')],
  ]);
  await expect(apply(root, { writes, removals: [], last: [], before: seen })).rejects.toThrow(
    /b has changed while this run was deciding: run again$/,
  );
  expect(await snapshot(root)).toEqual({ a: '644 as it was', b: '644 as it was' });
});

test('a file becomes a folder, a folder a file, and an empty folder gives way', async () => {
  const root = await newFolder();
  await writeFiles(root, { file: 'f', 'folder/a': 'a', 'folder/deep/b': 'b' });
  await fs.mkdirp(path.join(root, 'empty/er'));
  const seen = new Map([
    ['file', sha('f')],
    ['folder/a', sha('a')],
    ['folder/deep/b', sha('b')],
  ]);
  const writes = [write('file/now', '1'), write('folder', '2'), write('empty', '3')];
  await apply(root, { writes, removals: [...seen.keys()], last: [], before: seen });
  expect(await snapshot(root)).toEqual({ 'file/now': '644 1', folder: '644 2', empty: '644 3' });
});

test('a read-only file is brought up to date and stays read-only', async () => {
  const root = await newFolder();
  await writeFiles(root, { a: 'old' });
  await fs.chmod(path.join(root, 'a'), 0o444);
  await apply(root, { writes: [write('a', 'new')], removals: [], last: [], before: new Map([['a', sha('old')]]) });
  expect(await snapshot(root)).toEqual({ a: '444 new' });
});

test('what is refused in a new repository leaves no folder behind', async () => {
  const above = await newFolder();
  await fs.writeFile(path.join(above, 'file'), 'mine');
  const root = path.join(above, 'new', 'demo');
  const before = new Map([['a', sha('was there')]]);
  const changes = { writes: [write('a', 'new')], removals: [], last: [], before };
  await expect(apply(root, changes)).rejects.toThrow(/a has changed while this run was deciding/);
  expect(await fs.readdir(above)).toEqual(['file']);
});

test('what was not there when everything was decided is not overwritten, nor a folder that has got a file', async () => {
  const changes = (at: string) => ({ writes: [write(at, 'ours')], removals: [], last: [], before: new Map() });
  const root = await newFolder();
  await writeFiles(root, { a: 'mine', 'b/mine': 'mine', c: 'gone soon', 'd/x': '', 'd/y': '' });
  for (const at of ['a', 'b', 'c/deep', 'd'])
    await expect(apply(root, changes(at))).rejects.toThrow(/has changed while this run was deciding|cannot be written/);
  const leaving = { ...changes('d'), removals: ['d/x'], before: new Map([['d/x', sha('')]]) };
  await expect(apply(root, leaving)).rejects.toThrow(/has changed while this run was deciding/);
  expect(Object.keys(await snapshot(root))).toEqual(['a', 'b/mine', 'c', 'd/x', 'd/y']);
});

(process.getuid?.() === 0 ? test : test.skip)(
  'a file keeps whom it belongs to (only root can give files away)',
  async () => {
    const root = await newFolder();
    await writeFiles(root, { a: 'old' });
    await fs.chown(path.join(root, 'a'), 1234, 4321);
    await apply(root, { writes: [write('a', 'new')], removals: [], last: [], before: new Map([['a', sha('old')]]) });
    expect(await fs.stat(path.join(root, 'a'))).toMatchObject({ uid: 1234, gid: 4321 });
  },
);
