import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { formatLock, lockedContent, lockFile, lockOf, readLock } from '../../../generators/engine/disk/lock.ts';
import type { Tree } from '../../../generators/engine/render/render.ts';
import { newFolder } from '../../support/folder.ts';

const file = (text: string, byHash?: true) => ({
  content: Buffer.from(text),
  sha256: digest(Buffer.from(text)),
  executable: true,
  stage: 1,
  pack: 'p',
  ...(byHash ? { byHash } : {}),
});
const tree: Tree = new Map([
  ['a', file('text')],
  ['b', file('a large model', true)],
]);
const lock = lockOf(tree, '1.2.3', { p: { version: '1.0.0' } });

async function repositoryWith(text: string): Promise<string> {
  const folder = await newFolder();
  await fs.writeFile(path.join(folder, lockFile), text);
  return folder;
}

test('what was rendered comes back from the lock; a model comes back as its hash alone', async () => {
  const read = await readLock(await repositoryWith(formatLock(lock)), '1.2.3');
  expect(read).toEqual(lock);
  const [a, b] = [read?.files.get('a'), read?.files.get('b')];
  expect(a && lockedContent(a)?.toString()).toBe('text');
  expect(b && lockedContent(b)).toBeUndefined();
  expect(b?.sha256).toBe(digest(Buffer.from('a large model')));
});

test('there is one line a file and a pack, so that git merges the lock between branches', () => {
  const lines = formatLock(lock).split('\n');
  expect(lines.filter((line) => /^ {4}"/.test(line))).toHaveLength(tree.size + 1);
});

test.each([
  ['no JSON', '{', /is damaged: restore it from git/],
  ['no object of ours', '[]', /is damaged/],
  [
    'a path out of the repository',
    formatLock({ ...lock, files: new Map([['../evil', lock.files.get('a') as never]]) }),
    /is damaged/,
  ],
  [
    'a path into .git',
    formatLock({ ...lock, files: new Map([['.git/hooks/pre-commit', lock.files.get('a') as never]]) }),
    /is damaged/,
  ],
  ['a newer schema', '{"schema": 99}', /newer generator than this one \(1\.2\.3\)/],
  ['a newer generator', formatLock({ ...lock, generator: '1.10.0' }), /newer generator \(1\.10\.0\)/],
])('%s is refused in one line', async (_, text, message) => {
  await expect(readLock(await repositoryWith(text), '1.2.3')).rejects.toThrow(message);
});

test('a repository without a lock is not ours yet', async () => {
  expect(await readLock(await newFolder(), '1.2.3')).toBeUndefined();
});
