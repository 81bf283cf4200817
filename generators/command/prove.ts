import os from 'node:os';
import path from 'node:path';
import fs from 'fs-extra';
import type { Tree } from '../engine/render/render.ts';
import type { Arguments } from './arguments.ts';
import { type Case, told } from './cases.ts';
import { execute, findUv } from './install.ts';
import { lint } from './lint.ts';
import type { Terminal } from './terminal.ts';

/**
 * Makes a repository and runs what it proves itself with, and its linters on what was rendered everywhere else.
 *
 * @returns whether all passed. What failed is kept, and named.
 */
export async function prove(
  terminal: Terminal,
  pack: string,
  { all }: Arguments,
  each: Case,
  task: string,
  trees: ReadonlyMap<string, Tree>,
): Promise<boolean> {
  const { stdout, stderr, cwd } = terminal;
  const above = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'ds-devops-pack-'));
  const root = path.join(above, 'demo');
  const packs = [...(all.get('pack') ?? []), pack].flatMap((ref) => ['--pack', ref]);
  const answers = (all.get('answer') ?? []).flatMap((answer) => ['--answer', answer]);
  const settings = ['--level', String(each.level), '--target', each.target, '--ci', each.ci, '--trust', '--yes'];
  const generator = await import('./run.ts');
  const argv = [root, ...settings, ...packs, ...answers];
  let output = '';
  const { DS_DEVOPS_CONFIG } = process.env;
  // The usual packs are not what is tried.
  process.env.DS_DEVOPS_CONFIG = '';
  const made = await generator.run({
    ...terminal,
    argv,
    cwd,
    prompt: undefined,
    stdout: () => {},
    stderr: (text) => (output += text),
  });
  if (DS_DEVOPS_CONFIG === undefined) delete process.env.DS_DEVOPS_CONFIG;
  else process.env.DS_DEVOPS_CONFIG = DS_DEVOPS_CONFIG;
  stderr(`Proving ${told(each)} …\n`);
  const { uv } = await findUv(root, stderr);
  if (made === 0) await execute(root, 'git', ['init', '--quiet']);
  const linted = made === 0 ? await lint(trees, root, path.join(above, 'all')) : { ok: true, output: '' };
  if (linted.ok && trees.size > 0 && made === 0) stdout('the linters find nothing in any of it\n');
  // As its own pipeline runs it: what is skipped has to be on its list.
  const run = ['run', '--quiet', 'poe', '--quiet', task];
  const checked = made === 0 && linted.ok ? await execute(root, uv, run, { CI: 'true' }) : undefined;
  output += linted.output + (checked?.output ?? '');
  const figures = /(\d+ passed, \d+ failed, \d+ skipped)\n*$/.exec(output)?.[1];
  if (checked?.ok) {
    stdout(`${told(each)}: ${figures}\n`);
    await fs.remove(above);
    return true;
  }
  stderr(output);
  const failed = linted.ok ? (figures ?? 'it could not be made') : 'the linters find something';
  stdout(`${told(each)}: ${failed}; what failed is above, the repository is ${root}\n`);
  return false;
}
