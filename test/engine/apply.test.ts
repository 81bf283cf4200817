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

test('an existing file gets the mode it should have', async () => {
  const root = await newFolder();
  await fs.writeFile(path.join(root, 'run'), 'old', { mode: 0o755 });
  await apply(root, { writes: [write('run', 'new')], removals: [], last: [] });
  expect(await snapshot(root)).toEqual({ run: '644 new' });
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
