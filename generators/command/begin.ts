import path from 'node:path';
import fs from 'fs-extra';
import { nameOf, nameRule } from '../engine/answers/names.ts';
import { UserError } from '../engine/errors.ts';
import { builtInFolder, readPack } from '../engine/render/packs.ts';

/**
 * Writes the first files of a template pack: one that can be tested and published as it is.
 *
 * @throws UserError if something is in the folder already, or it cannot be made.
 */
export async function begin(folder: string): Promise<void> {
  const name = nameFor(path.basename(folder));
  let isNew = false;
  const there = await fs.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    isNew = error.code === 'ENOENT';
    if (isNew) return [];
    throw new UserError(`${folder} is no folder that can be read (${error.code}): give another`);
  });
  if (there.some((name) => name !== '.git'))
    throw new UserError(`${folder} is not empty: give a new folder, or try the pack that is there with --test`);
  const { version } = await readPack(builtInFolder);
  try {
    if (isNew) await makeFolder(folder);
    for (const [file, text] of Object.entries(filesOf(name, version)))
      await fs.outputFile(path.join(folder, file), text);
  } catch (error) {
    throw new UserError(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): give one in a folder that is there and that you may write to`,
    );
  }
}

/** Makes a folder and those above it, one by one: where none can be made (/proc), `mkdir -p` of Node does not end. */
async function makeFolder(folder: string): Promise<void> {
  const above = path.dirname(folder);
  if (!(await fs.pathExists(above))) await makeFolder(above);
  await fs.mkdir(folder);
}

function nameFor(folder: string): string {
  try {
    return nameOf(folder);
  } catch {
    throw new UserError(
      `the folder's name ${JSON.stringify(folder)} cannot be made the name of a pack: name the folder otherwise (${nameRule})`,
    );
  }
}

const filesOf = (name: string, generator: string): Record<string, string> => ({
  'pack.yaml': `# yaml-language-server: $schema=https://unpkg.com/generator-ds-devops/dist/templates/pack.schema.json
name: ${name}
version: 0.1.0
generator: ">=${generator} <${Number(generator.split('.')[0]) + 1}"
questions:
  - name: team
    type: string
    message: Your team, as its repositories name it
    default: data-science
    pattern: "^[a-z0-9-]+$"
`,
  'package.json': `${JSON.stringify(
    {
      name: `ds-devops-pack-${name}`,
      version: '0.1.0',
      description: `The ds-devops template pack ${name}`,
      keywords: ['ds-devops-pack'],
      license: 'UNLICENSED',
      files: ['pack.yaml', '[0-6]-*/**'],
      scripts: { test: 'ds-devops pack . --test' },
    },
    undefined,
    2,
  )}\n`,
  'README.md': `# ${name}

A template pack for [generator-ds-devops](https://www.npmjs.com/package/generator-ds-devops): what every repository of ours has.

- \`pack.yaml\`: its name, its version, what it asks.
- \`0-service/\`: what it brings from level 0 on; \`1-infrastructure/\` … \`6-scale/\` are the other stages.
  - \`slots/readme.ejs\`: a text for a place that the generator's own templates leave open.
  - \`tests/service/test_${moduleOf(name)}.py.ejs\`: a check that each repository runs with its own.
- \`package.json\`: what npm publishes. Its version and that of \`pack.yaml\` are the same.

\`npm test\` tries it, \`npm publish\` publishes it.
`,
  '0-service/slots/readme.ejs': `
## Who is behind it

The team \`<%= team %>\`.
`,
  [`0-service/tests/service/test_${moduleOf(name)}.py.ejs`]: `"""The rules of the pack ${name}."""

from pathlib import Path


def test_the_readme_says_whose_the_service_is() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert "The team \`<%= team %>\`." in readme
`,
});

const moduleOf = (name: string) => name.replaceAll('-', '_');
