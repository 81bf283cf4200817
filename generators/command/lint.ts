import path from 'node:path';
import fs from 'fs-extra';
import type { Tree } from '../engine/render/render.ts';
import { execute } from './install.ts';

const yamlConfig = '.yamllint.yaml';
const ruff = ['--quiet', '--no-cache', '--output-format=concise', '.'];

/**
 * Lints the Python and the YAML of many rendered repositories, each by its own rules, with the linters of one that is installed.
 *
 * @param trees what was rendered, by a name for it.
 * @param installed the folder of the repository that has the linters.
 * @param folder where the files are written; it is gone afterwards where all is well.
 */
export async function lint(
  trees: ReadonlyMap<string, Tree>,
  installed: string,
  folder: string,
): Promise<{ ok: boolean; output: string }> {
  const seen = new Set<string>();
  const configs = new Map<string, string>();
  for (const [name, tree] of trees)
    for (const [file, { content, sha256 }] of tree) {
      const isYaml = /\.ya?ml$/.test(file) && tree.has(yamlConfig);
      const write = (below: string) => fs.outputFile(path.join(folder, below, file), content ?? '');
      if (/\.py$|^pyproject\.toml$/.test(file)) await write(path.join('python', name));
      // Most of it is the same everywhere.
      if (!isYaml || seen.has(`${file} ${sha256}`)) continue;
      seen.add(`${file} ${sha256}`);
      await write(path.join('yaml', name));
      configs.set(yamlConfig, String(tree.get(yamlConfig)?.content));
      configs.set('.gitignore', String(tree.get('.gitignore')?.content));
    }
  for (const [file, text] of configs) await fs.outputFile(path.join(folder, 'yaml', file), text);
  const program = (name: string) =>
    path.join(installed, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin', name);
  const runs = [
    ...(trees.size > 0 ? [['check'], ['format', '--check']].map((what) => ['python', 'ruff', ...what, ...ruff]) : []),
    ...(configs.size > 0 ? [['yaml', 'yamllint', '--strict', '--format=parsable', '.']] : []),
  ];
  let [ok, output] = [true, ''];
  for (const [below = '', name = '', ...args] of runs) {
    const done = await execute(path.join(folder, below), program(name), args);
    ok &&= done.ok;
    output += done.ok ? '' : `${name} ${args[0]}, in ${path.join(folder, below)}:\n${done.output}`;
  }
  if (ok) await fs.remove(folder);
  return { ok, output };
}
