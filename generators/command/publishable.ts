import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../engine/errors.ts';
import type { Pack } from '../engine/render/packs.ts';

/**
 * Refuses a pack whose package.json, if it has one, would publish something else than the pack: another version, or not all
 * of its files.
 *
 * @throws UserError that says which.
 */
export async function refuseUnpublishable({ name, version, folder, templates }: Pack): Promise<void> {
  const file = path.join(folder, 'package.json');
  if (!(await fs.pathExists(file))) return;
  const own = await fs.readJson(file).catch(() => {
    throw new UserError(`the pack ${name}: ${file} is no JSON: mend it`);
  });
  if (own?.version !== version)
    throw new UserError(
      `the pack ${name}: ${file} has the version ${own?.version}, and pack.yaml ${version}: make them the same`,
    );
  const { execa } = await import('execa');
  const { stdout, failed } = await execa('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    env: { npm_config_local_prefix: undefined },
  });
  // Without npm nothing is published either.
  if (failed) return;
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/[[{]/)))) as { files: { path: string }[] }[];
  const published = new Set(packed?.files.map((each) => each.path));
  const files = [
    'pack.yaml',
    ...templates.map(({ source }) => path.relative(folder, source).split(path.sep).join('/')),
  ];
  const left = files.filter((each) => !published.has(each));
  if (left.length > 0)
    throw new UserError(
      `the pack ${name}: npm would not publish ${left.slice(0, 3).join(', ')}${left.length > 3 ? ` and ${left.length - 3} more` : ''}: name what is missing in the "files" of ${file}, and end a name that npm leaves out (.gitignore, .npmrc) in .ejs`,
    );
}
