import { createHash } from 'node:crypto';
import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../engine/errors.ts';
import { largestPack } from '../engine/render/packs.ts';
import { tooLarge } from './files.ts';
import type { NpmReference } from './reference.ts';
import { type Fetched, longest, Unobtainable } from './source.ts';
import { filesOf } from './tarball.ts';

interface Answer {
  readonly error?: { readonly code?: string; readonly summary?: string };
}

interface Packed {
  readonly filename: string;
  readonly version: string;
  readonly integrity: string;
}

/**
 * Fetches a package by the user's own npm, with the registry and the credentials that it is set up with. It runs in an empty
 * folder, so that no `.npmrc` of a repository has a say, and no script of the package's is run.
 *
 * @param scratch an empty folder.
 * @throws UserError if npm does not bring it.
 */
export async function fetchNpm({ name, range }: NpmReference, scratch: string, pinned?: string): Promise<Fetched> {
  const wanted = `${name}@${pinned ?? range}`;
  // npm looks above for the folder that a .npmrc is read from, unless this is one.
  await fs.writeJson(path.join(scratch, 'package.json'), { private: true });
  const { execa } = await import('execa');
  const freshness = pinned === undefined ? '--prefer-online' : '--prefer-offline';
  const quick = ['--fetch-retries=1', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];
  // The user may have set both otherwise for their own packages.
  const here = ['--pack-destination=.', '--no-dry-run'];
  const options = ['--json', '--ignore-scripts', '--no-update-notifier', freshness, ...here, ...quick];
  const { stdout, failed, code, timedOut } = await execa('npm', ['pack', ...options, '--', wanted], {
    cwd: scratch,
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: longest,
    // npm sets it for the scripts that it runs: the folder of another package.
    env: { npm_config_local_prefix: undefined },
  });
  if (code === 'ENOENT')
    throw new UserError(`npm:${wanted} needs npm, which is not on the PATH: install it and run again`);
  if (timedOut) throw new Unobtainable(`npm:${wanted}`, 'npm', 'nothing for ten minutes');
  const answer = parsed(stdout);
  if (failed || !answer) throw new Unobtainable(`npm:${wanted}`, 'npm', reasonOf(answer as Answer | undefined));
  const [packed] = Object.values(answer) as Packed[];
  const { filename, version, integrity } = packed ?? {};
  if (!filename || !version || !integrity) throw new Unobtainable(`npm:${wanted}`, 'npm', 'nothing that we understand');
  const archive = path.join(scratch, path.basename(filename));
  const told = `npm:${name}@${version}`;
  if ((await fs.stat(archive)).size > largestPack.bytes) throw tooLarge(told);
  const bytes = await fs.readFile(archive);
  const own = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (integrity !== own) throw new UserError(`${told} is not what npm says that it fetched: run again`);
  return { files: filesOf(bytes, told), resolved: own, version };
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout.slice(Math.max(0, stdout.search(/[[{]/))));
  } catch {
    return undefined;
  }
}

function reasonOf(answer: Answer | undefined): string {
  const { code, summary } = answer?.error ?? {};
  const [first = ''] = (summary ?? '').trim().split('\n');
  return [code, first].filter(Boolean).join(': ') || 'nothing';
}
