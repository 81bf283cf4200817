import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import fs from 'fs-extra';

/** Files a fresh user has nothing of: a home of their own, and no right to anything of root's. */
const ordinaryUser = { uid: 1000, gid: 1000 };

export interface Prefix {
  readonly folder: string;
  /** What the tarball holds, paths below `package/`. */
  readonly files: readonly string[];
  /** Runs a program of the prefix as an ordinary user, in a folder below the prefix's. */
  run(
    program: string,
    args: readonly string[],
    cwd?: string,
    env?: Record<string, string>,
  ): Promise<{ exitCode?: number; stdout: string; stderr: string }>;
}

/**
 * Packs the checkout as `npm publish` would, and installs the tarball and the real `yo` into an empty prefix that an
 * ordinary user owns (`yo` gives up root).
 */
export async function installPacked(): Promise<Prefix> {
  const folder = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'ds-devops-packed-'));
  await fs.chmod(folder, 0o755);
  const packed = await execa('npm', ['pack', '--json', '--pack-destination', folder], { stdin: 'ignore' });
  const [tarball] = Object.values(JSON.parse(packed.stdout.slice(packed.stdout.search(/[[{]/)))) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (!tarball) throw new Error(packed.stdout);
  const { devDependencies } = await fs.readJson('package.json');
  await fs.writeJson(path.join(folder, 'package.json'), { private: true });
  await execa(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball.filename, `yo@${devDependencies.yo}`],
    {
      cwd: folder,
      stdin: 'ignore',
    },
  );
  const node = path.join(folder, 'node');
  await fs.copy(await fs.realpath(process.execPath), node);
  const home = path.join(folder, 'home');
  await fs.mkdirp(home);
  const root = process.getuid?.() === 0;
  if (root) await fs.chown(home, ordinaryUser.uid, ordinaryUser.gid);
  const run: Prefix['run'] = (program, args, cwd = home, env = {}) =>
    execa(node, [path.join(folder, 'node_modules/.bin', program), ...args], {
      cwd,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { ...inherited(), HOME: home, NO_UPDATE_NOTIFIER: '1', PATH: `${folder}:${process.env.PATH}`, ...env },
      ...(root ? ordinaryUser : {}),
    });
  return { folder, files: tarball.files.map(({ path: file }) => file), run };
}

/** The variables that name certificates and registries are the machine's; the rest of ours is not the user's. */
const inherited = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /CERT|_CA_|PIP_|UV_(INDEX|DEFAULT)|^LANG$/.test(name)),
  ) as Record<string, string>;
