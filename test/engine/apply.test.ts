import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { apply } from '../../generators/engine/apply.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

const write = (file: string, text: string, executable = false) => ({
  path: file,
  content: Buffer.from(text),
  executable,
});

test('writes files with their modes, removes others, and leaves nothing beside them', async () => {
  const root = await newFolder();
  await writeFiles(root, { old: 'old', 'empty/old': 'old', 'kept/old': 'old', 'kept/mine': 'mine' });
  await apply(root, {
    writes: [write('a', 'a'), write('deep/er/run', 'run', true)],
    removals: ['old', 'empty/old', 'kept/old'],
    last: [write('lock', 'l')],
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
  });
  expect(await snapshot(root)).toEqual({ run: '644 new', private: '700 new', shared: '664 new' });
});

test('when one file cannot be written nothing is changed, not even a folder, and the place is named', async () => {
  const root = await newFolder();
  await writeFiles(root, { a: 'as it was', file: 'in the way' });
  const before = await snapshot(root);
  const changes = { writes: [write('a', 'new'), write('new/b', 'b'), write('file/c', 'c')], removals: ['a'], last: [] };
  await expect(apply(root, changes)).rejects.toThrow(/cannot be written \((ENOTDIR|EEXIST)\): nothing was changed/);
  expect(await snapshot(root)).toEqual(before);
  expect(await fs.pathExists(path.join(root, 'new'))).toBe(false);
});
