import { UserError } from '../engine/errors.ts';

/** A package of an npm registry, in the versions that a range or a tag allows. */
export interface NpmReference {
  readonly kind: 'npm';
  readonly name: string;
  readonly range: string;
  /** As it was typed: what the repository records. */
  readonly from: string;
  /** What it is besides its version: another one is another pack. */
  readonly source: string;
}

/** A git repository at a branch, a tag or a commit; at its default branch without one. */
export interface GitReference {
  readonly kind: 'git';
  readonly url: string;
  readonly ref: string;
  readonly from: string;
  readonly source: string;
}

export type Reference = { readonly kind: 'folder'; readonly folder: string } | NpmReference | GitReference;

const npmName = /^(@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*$/;
// No dot: npm would take `x.tgz` for a file.
const npmTag = /^[a-zA-Z][a-zA-Z0-9_-]*$/;
// Neither an option (-x) nor a refspec (+a:b), and no path upwards.
const gitRef = /^[a-zA-Z0-9_](?!.*(\.\.|\/\/|\/$|\.lock$))[a-zA-Z0-9_./+@-]*$/;

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/**
 * What is meant by a word after `--pack`.
 *
 * @throws UserError if it is no folder, and npm or git would take it for something else than a package or a repository.
 */
export async function parseReference(typed: string): Promise<Reference> {
  if (typed.startsWith('npm:')) return npmReference(typed);
  if (typed.startsWith('git+')) return gitReference(typed);
  if (/^(git|github|gitlab|bitbucket|https?|ssh|ftps?|file|ext):|^[\w.-]+@[\w.-]+:|\.git(#.*)?$/.test(typed))
    throw refused(typed, 'is no folder', 'a package is npm:NAME@RANGE, a repository git+https://HOST/PATH#REF');
  return { kind: 'folder', folder: typed };
}

async function npmReference(typed: string): Promise<NpmReference> {
  const [, name = '', range = 'latest'] = /^npm:(@?[^@]*)(?:@(.*))?$/s.exec(typed) ?? [];
  if (!npmName.test(name))
    throw refused(typed, 'names no package', 'write it as npm:NAME@RANGE, such as npm:@acme/pack@^2');
  const { default: semver } = await import('semver');
  const isRange = semver.validRange(range) !== null && !/[/\\]/.test(range);
  if (!range || !(isRange || npmTag.test(range)))
    throw refused(typed, 'has no range of versions', 'write one as npm:NAME@^2, or a tag as npm:NAME@latest');
  return { kind: 'npm', name, range, from: typed, source: `npm:${name}` };
}

function gitReference(typed: string): GitReference {
  const [, address = '', ref = 'HEAD'] = /^git\+([^#]*)(?:#(.*))?$/s.exec(typed) ?? [];
  // Without // git takes it for HOST:PATH of ssh, and a backslash ends the host for this parser alone.
  const isPlain = /^[a-z]+:\/\/[^\\]*$/.test(address) && !/[\s\p{Cc}]/u.test(address);
  const url = isPlain && URL.canParse(address) ? new URL(address) : undefined;
  if (!url) throw refused(typed, 'has no address', 'write it as git+https://HOST/PATH#REF');
  if (!isAllowed(url))
    throw refused(
      typed,
      `is reached by ${url.protocol.slice(0, -1)}`,
      'give https, ssh or file (http on this machine alone)',
    );
  if (url.password || (url.username && url.protocol !== 'ssh:'))
    throw new UserError(
      '--pack: the address holds a user or a password, and it would be committed: leave it out, git asks its credential helper',
    );
  if (
    url.search ||
    url.hostname.startsWith('-') ||
    /\/-/.test(url.pathname) ||
    (url.username && !/^\w[\w.-]*$/.test(url.username))
  )
    throw refused(typed, 'has an address that git could mistake', 'write it as git+https://HOST/PATH#REF');
  if (!gitRef.test(ref))
    throw refused(typed, 'names no branch, tag or commit', 'write one after the #, such as #v2.1.0');
  return { kind: 'git', url: address, ref, from: typed, source: `git+${address}` };
}

/** Who listens on the way must not be able to change what comes: without encryption only from this machine. */
const isAllowed = ({ protocol, hostname }: URL) =>
  ['https:', 'ssh:', 'file:'].includes(protocol) || (protocol === 'http:' && loopback.includes(hostname));

const refused = (typed: string, problem: string, goOn: string) =>
  new UserError(`--pack ${JSON.stringify(typed)} ${problem}: ${goOn}`);
