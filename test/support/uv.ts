import path from 'node:path';
import { execa } from 'execa';
import fs from 'fs-extra';

/** Shared between test files and runs: programs, never results. */
const cache = path.resolve('node_modules/.cache/ds-devops');

async function isOnPath(program: string): Promise<boolean> {
  return !(await execa(program, ['--version'], { reject: false })).failed;
}

/** The PATH with a uv on it: the machine's own, else one that pip brings, once. */
export async function pathWithUv(): Promise<string> {
  const current = process.env.PATH ?? '';
  if (await isOnPath('uv')) return current;
  const environment = path.join(cache, 'uv');
  if (!(await fs.pathExists(path.join(environment, 'bin/uv')))) {
    const making = `${environment}-${process.pid}`;
    await execa('python3', ['-m', 'venv', making]);
    await execa(path.join(making, 'bin/python'), ['-m', 'pip', 'install', '--quiet', 'uv']);
    // Another test file may have been faster; its result is as good.
    await fs.move(making, environment).catch(() => fs.remove(making));
  }
  return `${path.join(environment, 'bin')}${path.delimiter}${current}`;
}

/** The PATH with programs that `go install` builds, or the reason why there are none. */
export async function pathWithGoTools(tools: readonly string[]): Promise<{ path: string } | { missing: string }> {
  if (!(await isOnPath('go')) && (await execa('go', ['version'], { reject: false })).failed)
    return { missing: 'there is no Go to build them with' };
  const folder = path.join(cache, 'bin');
  for (const tool of tools) {
    const name = tool
      .split('@')[0]
      ?.split('/')
      .findLast((segment) => !/^v\d+$/.test(segment)) as string;
    if (await fs.pathExists(path.join(folder, name))) continue;
    const making = path.join(cache, `bin-${process.pid}`);
    const built = await execa('go', ['install', tool], { env: { GOBIN: making }, reject: false });
    if (built.failed) return { missing: `go install ${tool} failed: ${built.stderr.split('\n')[0]}` };
    // Whole at once, for another test file may be about to run it.
    await fs.move(path.join(making, name), path.join(folder, name)).catch(() => undefined);
    await fs.remove(making);
  }
  return { path: folder };
}
