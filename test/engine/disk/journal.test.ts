import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { apply } from '../../../generators/engine/disk/apply.ts';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { resume, runFolder } from '../../../generators/engine/disk/journal.ts';
import { newFolder, snapshot, writeFiles } from '../../support/folder.ts';

const sha = (text: string) => digest(Buffer.from(text));
const changes = {
  writes: [{ path: 'a', content: Buffer.from('new'), executable: false }],
  removals: [],
  last: [],
  before: new Map([['a', sha('old')]]),
};

/** A repository in which a run by `owner` was killed after its journal was written, and before anything was in place. */
async function killedRun(owner: object, files: Record<string, string> = {}): Promise<string> {
  const root = await newFolder();
  await writeFiles(root, {
    a: 'old',
    gone: 'gone',
    ...files,
    [`${runFolder}/owner.json`]: JSON.stringify(owner),
    [`${runFolder}/new/0`]: 'new',
    [`${runFolder}/journal.json`]: JSON.stringify({
      removals: [{ path: 'gone', before: sha('gone') }],
      placings: [{ path: 'a', before: sha('old'), after: sha('new') }],
    }),
  });
  await fs.mkdirp(path.join(root, runFolder, 'old'));
  return root;
}

const host = os.hostname();
const startOf = async (pid: number) =>
  Number((await fs.readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')[19]);

test('what a killed run had begun is finished', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 });
  expect(await resume(root, true)).toBe(true);
  expect(await snapshot(root)).toEqual({ a: '644 new' });
  expect(await resume(root, true)).toBe(false);
});

test('a run that only looks finishes nothing, and says what to do', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 });
  const before = await snapshot(root);
  await expect(resume(root, false)).rejects.toThrow(/was killed before it was done: run the command without --dry-run/);
  expect(await snapshot(root)).toEqual(before);
});

test('a second run is refused while the first is at work, and nothing is changed', async () => {
  const other = spawn('sleep', ['60']);
  await once(other, 'spawn');
  try {
    const pid = other.pid as number;
    const root = await killedRun({ host, pid, start: await startOf(pid) });
    const before = await snapshot(root);
    await expect(resume(root, true)).rejects.toThrow(`another run (process ${pid} on ${host}) is at work here`);
    await expect(apply(root, changes)).rejects.toThrow(/another run is at work here/);
    expect(await snapshot(root)).toEqual(before);
  } finally {
    other.kill();
  }
});

test('a later process with the number of a killed run is not taken for it', async () => {
  const other = spawn('sleep', ['60']);
  await once(other, 'spawn');
  try {
    const pid = other.pid as number;
    const root = await killedRun({ host, pid, start: (await startOf(pid)) - 1 });
    expect(await resume(root, true)).toBe(true);
  } finally {
    other.kill();
  }
});

test('a killed run that nobody waited for, a zombie, is not at work', async () => {
  // The shell becomes a sleep, which never waits for the child that ends after that.
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    while (!/\) Z/.test(await fs.readFile(`/proc/${pid}/stat`, 'utf8'))) await new Promise((go) => setTimeout(go, 10));
    const root = await killedRun({ host, pid, start: await startOf(pid) });
    expect(await resume(root, true)).toBe(true);
  } finally {
    parent.kill();
  }
});

test('a run on a host that is no more is finished once its owner.json is taken away, as the message says', async () => {
  const root = await killedRun({ host: 'elsewhere', pid: 1, start: 1 });
  await expect(resume(root, true)).rejects.toThrow(/delete \.ds-devops\.run\/owner\.json \(nothing else/);
  await fs.remove(path.join(root, runFolder, 'owner.json'));
  expect(await resume(root, true)).toBe(true);
  expect(await snapshot(root)).toEqual({ a: '644 new' });
});

test('what was placed and has been undone since (git reset) does not count as placed', async () => {
  const placing = (file: string, before?: string) => ({ path: file, ...(before ? { before } : {}), after: sha('new') });
  const journal = { removals: [], placings: [placing('a', sha('old')), placing('b'), placing('.ds-devops.lock.json')] };
  const state = { [`${runFolder}/new/1`]: 'new', [`${runFolder}/new/2`]: 'new' };
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 }, { gone: 'gone', ...state });
  await fs.writeJson(path.join(root, runFolder, 'journal.json'), journal);
  await fs.remove(path.join(root, runFolder, 'new', '0'));
  expect(await resume(root, true)).toBe(true);
  expect(await snapshot(root)).toEqual({ a: '644 old', b: '644 new', gone: '644 gone' });
});

test('a run on another host may be at work', async () => {
  const root = await killedRun({ host: 'elsewhere', pid: 1, start: 1 });
  await expect(resume(root, true)).rejects.toThrow(/on elsewhere\) is at work here.*delete \.ds-devops\.run/);
});

test('what was edited after the kill stays, and ours lies beside it', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 }, { a: 'edited since', gone: 'edited too' });
  expect(await resume(root, true)).toBe(true);
  expect(await snapshot(root)).toEqual({
    a: '644 edited since',
    'a.ds-devops-new': '644 new',
    gone: '644 edited too',
  });
});

test('what the owner has written into the file beside stays too', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 }, { a: 'edited since', 'a.ds-devops-new': 'mine' });
  expect(await resume(root, true)).toBe(true);
  expect(await snapshot(root)).toMatchObject({
    a: '644 edited since',
    'a.ds-devops-new': '644 mine',
    [`a.ds-devops-new-${sha('new').slice(0, 8)}`]: '644 new',
  });
});

test('a run killed before its journal has left nothing', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 });
  await fs.move(path.join(root, runFolder, 'journal.json'), path.join(root, runFolder, 'prepared.json'));
  await fs.mkdirp(path.join(root, `${runFolder}-${2 ** 22 + 1}-1-${host}`, 'new'));
  expect(await resume(root, true)).toBe(false);
  expect(await fs.readdir(root)).toEqual(['a', 'gone']);
});

test('a journal that leads out of the repository is refused', async () => {
  const root = await killedRun({ host, pid: 2 ** 22 + 1, start: 1 });
  const journal = { removals: [], placings: [{ path: '../evil', after: sha('new') }] };
  await fs.writeJson(path.join(root, runFolder, 'journal.json'), journal);
  await expect(resume(root, true)).rejects.toThrow(/journal\.json is damaged/);
  expect(await fs.readdir(path.dirname(root))).toEqual([path.basename(root)]);
});

const mount = (folder: string) =>
  execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { reject: false }).then((ran) => !ran.failed);
const probe = await fs.mkdtemp(path.join(os.tmpdir(), 'ds-devops-'));
const canMount = await mount(probe);
if (canMount) await execa('umount', [probe]);
await fs.remove(probe);

// A file system of a given size can be mounted by root alone.
(canMount ? test : test.skip)('a full disk is named, and nothing is changed', async () => {
  const root = await newFolder();
  await mount(root);
  try {
    await writeFiles(root, { a: 'old' });
    const big = { path: 'big', content: Buffer.alloc(200_000, 'x'), executable: false };
    await expect(apply(root, { ...changes, writes: [...changes.writes, big] })).rejects.toThrow(
      /cannot be written \(ENOSPC: the disk is full\): nothing was changed/,
    );
    expect(await snapshot(root)).toEqual({ a: '644 old' });
  } finally {
    await execa('umount', [root]);
  }
});
