import { devNull } from 'node:os';
import { UserError } from '../engine/errors.ts';
import { largestPack } from '../engine/render/packs.ts';
import { emitsFrom, type PackFile, refuseEscape, tooLarge } from './files.ts';
import type { GitReference } from './reference.ts';
import { type Fetched, longest, Unobtainable } from './source.ts';

const commitId = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

// What git does beside fetching, by the user's settings or by itself.
const onlyFetch = [`core.hooksPath=${devNull}`, 'core.fsmonitor=false', 'gc.auto=0', 'maintenance.auto=false'];

/**
 * Fetches one commit by the user's own git, with the credentials that it is set up with, and reads the files out of git's
 * store. Nothing is checked out: no hook, no filter (Git LFS among them), no submodule and no attribute has a say.
 *
 * @param scratch an empty folder.
 * @param asks whether a person is there whom git may ask for a password.
 * @param pinned the commit that is wanted, whatever the branch or tag is now.
 * @throws UserError if git does not bring it, or for a link, a submodule, or more than a pack can be.
 */
export async function fetchGit(
  { url, ref, from }: GitReference,
  scratch: string,
  asks: boolean,
  pinned?: string,
): Promise<Fetched> {
  const git = await gitIn(scratch, url, asks);
  await git(['init', '--quiet', '--bare', '--template=', '.']);
  const fetching = (wanted: string, ...more: string[]) =>
    git(['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', ...more, '--', url, wanted]);
  let got = await fetching(pinned ?? ref, '--depth=1');
  // Some servers hand out no commit by itself, but what leads to it.
  if (got.failed && pinned && !commitId.test(ref)) got = await fetching(ref);
  if (got.timedOut) throw new Unobtainable(from, 'git', 'nothing for ten minutes');
  if (got.failed) throw new Unobtainable(from, 'git', reasonOf(got.stderr));
  const { stdout: commit, failed } = await git([
    'rev-parse',
    '--verify',
    '--quiet',
    `${pinned ?? 'FETCH_HEAD'}^{commit}`,
  ]);
  if (failed) throw new Unobtainable(from, 'git', `no commit ${pinned ?? ref}`);
  const told = `${from.replace(/#.*/s, '')}#${pinned ? pinned.slice(0, 12) : ref}`;
  return { files: await filesIn(git, commit, told), resolved: commit };
}

type Git = Awaited<ReturnType<typeof gitIn>>;

async function gitIn(cwd: string, url: string, asks: boolean) {
  const { execa } = await import('execa');
  const { protocol } = new URL(url);
  const own = ['http:', 'file:'].includes(protocol) ? [protocol.slice(0, -1)] : [];
  const env = {
    ...Object.fromEntries(localVariables.map((name) => [name, undefined])),
    // Of all that git knows (`ext::` runs a program), after its own settings have rewritten the address, too.
    GIT_ALLOW_PROTOCOL: ['https', 'ssh', ...own].join(':'),
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: asks ? '1' : '0',
    LC_ALL: 'C',
  };
  const settings = onlyFetch.flatMap((each) => ['-c', each]);
  return async (args: readonly string[], input = '') => {
    // Named, since git may be set up to look into no bare repository that it finds by itself.
    const done = await execa('git', ['--git-dir=.', ...settings, ...args], {
      cwd,
      env,
      input,
      reject: false,
      encoding: 'buffer',
      stripFinalNewline: false,
      maxBuffer: 2 * largestPack.bytes,
      timeout: longest,
    });
    if (done.code === 'ENOENT')
      throw new UserError('a pack from git needs git, which is not on the PATH: install it and run again');
    const [bytes, stderr] = [Buffer.from(done.stdout), Buffer.from(done.stderr).toString()];
    return { failed: done.failed, timedOut: done.timedOut, bytes, stdout: bytes.toString().trim(), stderr };
  };
}

// They say which repository a hook or an alias runs in: not this one.
const localVariables = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'],
  ...['GIT_COMMON_DIR', 'GIT_NAMESPACE', 'GIT_PREFIX', 'GIT_SHALLOW_FILE', 'GIT_TEMPLATE_DIR'],
];

async function filesIn(git: Git, commit: string, told: string): Promise<PackFile[]> {
  const unreadable = () => new UserError(`${told} cannot be read out of git's store: nothing of it was taken`);
  const listed = await git(['ls-tree', '-r', '-z', '-l', '--full-tree', commit]);
  if (listed.failed) throw unreadable();
  const entries = listed.bytes
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, mode = '', id = '', size = '', path = ''] = /^(\d+) \w+ (\w+) +(\S+)\t([\s\S]*)$/.exec(line) ?? [];
      return emitsFrom(path) ? [{ mode, id, size: Number(size), path }] : [];
    });
  const size = entries.reduce((sum, entry) => sum + (entry.size || 0), 0);
  if (entries.length > largestPack.files || size > largestPack.bytes) throw tooLarge(told);
  for (const { mode, path } of entries) {
    refuseEscape(told, path);
    if (!mode.startsWith('100'))
      throw new UserError(
        `${told}: its file ${JSON.stringify(path)} is a link or a submodule: put the file itself into the pack; nothing of it was taken`,
      );
  }
  const contents = blobsOf((await git(['cat-file', '--batch'], entries.map(({ id }) => `${id}\n`).join(''))).bytes);
  return entries.map(({ mode, path, size: expected }, index) => {
    const content = contents[index];
    if (content?.length !== expected) throw unreadable();
    if (content.subarray(0, 100).toString().startsWith('version https://git-lfs.github.com/'))
      throw new UserError(
        `${told}: its file ${JSON.stringify(path)} is kept by Git LFS, which is not run: put the file itself into git; nothing of it was taken`,
      );
    return { path, executable: mode === '100755', content };
  });
}

/** The contents in what `git cat-file --batch` prints: a line that ends in the size, so many bytes, and an end of line. */
function blobsOf(bytes: Buffer): Buffer[] {
  const blobs: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n', at);
    const size = Number(bytes.toString('latin1', at, end).split(' ').at(-1));
    blobs.push(bytes.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return blobs;
}

function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter(Boolean);
  return lines.find((line) => /^(fatal|error): /.test(line)) ?? lines.at(-1) ?? 'nothing';
}
