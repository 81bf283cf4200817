import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { filesOf } from '../../generators/fetch/tarball.ts';
import { newFolder, writeFiles } from '../support/folder.ts';
import { type Entry, tarOf } from '../support/tar.ts';

const manifest = { path: 'package/pack.yaml', content: 'name: acme\nversion: 1.0.0\n' };
const files = (...entries: Entry[]) => filesOf(gzipSync(tarOf([manifest, ...entries])), 'npm:acme@1.0.0');

test('what npm packs is read as it is on disk: long paths, modes, bytes', async () => {
  const folder = await newFolder();
  const deep = `0-service/${'a-long-name-of-a-folder/'.repeat(8)}file.txt.ejs`;
  const binary = Buffer.from([0, 255, 13, 10, 128]);
  await writeFiles(folder, {
    'package.json': '{"name": "@acme/pack", "version": "1.0.0", "files": ["pack.yaml", "[0-6]-*/**"]}',
    'pack.yaml': manifest.content,
    [deep]: 'deep\n',
    '0-service/ünï.bin': binary,
    '1-infrastructure/run.sh': '#!/bin/sh\n',
    '1-infrastructure/empty': '',
    'tests/own.ts': 'no template\n',
  });
  await fs.chmod(path.join(folder, '1-infrastructure/run.sh'), 0o755);
  const { stdout } = await execa('npm', ['pack', '--silent', '--ignore-scripts'], { cwd: folder });
  const read = filesOf(await fs.readFile(path.join(folder, stdout.trim())), 'it');
  expect(Object.fromEntries(read.map((file) => [file.path.normalize('NFC'), [file.executable, file.content]]))).toEqual(
    {
      'pack.yaml': [false, Buffer.from(manifest.content)],
      [deep]: [false, Buffer.from('deep\n')],
      '0-service/ünï.bin': [false, binary],
      '1-infrastructure/run.sh': [true, Buffer.from('#!/bin/sh\n')],
      '1-infrastructure/empty': [false, Buffer.from('')],
    },
  );
});

describe('an archive that is refused', () => {
  const pax = (record: string) => ({ path: 'pax', type: 'x', content: `${record.length + 4} ${record}\n` });
  test.each<[string, Entry[], string]>([
    ['a path that leads out', [{ path: 'package/0-service/../../../evil' }], 'leads out of the repository'],
    ['one beside the package', [{ path: 'package/../evil' }], 'leads out of the repository'],
    ['an absolute path', [{ path: '/etc/passwd' }], 'leads out of the repository'],
    ['a path of Windows', [{ path: 'package/0-service/..\\evil' }], 'has a backslash in it'],
    ['a path that pax gives', [pax('path=package/../evil'), { path: 'package/a' }], 'leads out of the repository'],
    ['a hook', [{ path: 'package/0-service/.git/hooks/pre-commit' }], "is git's own"],
    [
      'a symbolic link',
      [{ path: 'package/0-service/a', type: '2', link: '/etc/passwd' }],
      'is a link or no regular file',
    ],
    ['a hard link', [{ path: 'package/0-service/a', type: '1', link: '/etc/passwd' }], 'is a link or no regular file'],
    ['a device', [{ path: 'package/0-service/a', type: '3' }], 'is a link or no regular file'],
    [
      'the same file twice',
      [{ path: 'package/0-service/a' }, { path: 'other/0-service/a' }],
      'holds "0-service/a" twice',
    ],
    ['a size that the bytes do not have', [{ path: 'package/0-service/a', size: 10_000 }], 'is no archive of npm'],
  ])('%s', (_, entries, problem) => {
    expect(() => files(...entries)).toThrow(problem);
    expect(() => files(...entries)).toThrow(/nothing of it was taken$/);
  });

  test('1 GB of nothing, before it is in the memory', () => {
    // A member that inflates to 16 MiB, as often as it takes: gzip allows members one after the other.
    const member = gzipSync(Buffer.alloc(2 ** 24));
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => filesOf(bomb, 'it')).toThrow(/^it is larger than a pack can be: 64 MiB and 10000 files at most/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
  });

  test('one that is packed twice, which no limit on the outer layer holds for', () => {
    const inner = gzipSync(tarOf([manifest]));
    expect(() => filesOf(gzipSync(inner), 'it')).toThrow(/^it is no archive of npm that can be read/);
    expect(() => filesOf(gzipSync(zstdCompressSync(tarOf([manifest]))), 'it')).toThrow(/^it is no archive of npm/);
  });

  test('more bytes in its files than a pack can be, before they are held', () => {
    const half = { content: Buffer.alloc(33 * 2 ** 20) };
    expect(() => files({ path: 'package/0-service/a', ...half }, { path: 'package/0-service/b', ...half })).toThrow(
      /^npm:acme@1\.0\.0 is larger than a pack can be/,
    );
  });

  test('ten thousand files too many', () => {
    const many = Array.from({ length: 10_001 }, (_, index) => ({ path: `package/0-service/${index}` }));
    expect(() => files(...many)).toThrow(/^npm:acme@1\.0\.0 is larger than a pack can be/);
  });

  test('what is no archive', () => {
    expect(() => filesOf(Buffer.from('<html>'), 'it')).toThrow('it is no archive of npm that can be read');
  });
});
