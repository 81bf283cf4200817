import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { defaults } from '../../generators/engine/answers.ts';
import { compose } from '../../generators/engine/compose.ts';
import { builtInFolder, readPack } from '../../generators/engine/packs.ts';
import { render } from '../../generators/engine/render.ts';
import { newFolder, writeFiles } from '../support/folder.ts';

const terraform = await execa('terraform', ['version'], { reject: false }).then(({ exitCode }) => exitCode === 0);
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's
const trusted = {
  github: ['https://token.actions.githubusercontent.com', 'repo:${var.repository}:environment:${var.environment}'],
  gitlab: ['https://gitlab.com', 'project_path:${var.repository}:ref_type:branch:ref:main'],
  azure: ['https://vstoken.dev.azure.com/${var.organization_id}', 'sc://${var.repository}/${local.name}'],
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's

describe.each(Object.entries(trusted))('on aws, for the CI provider %s', (ci, [issuer, subject]) => {
  test('its tokens are trusted for one repository and nothing wider', async () => {
    const module = await moduleFor(ci);
    const locals = module['infra/locals.tf'] as string;
    expect(/issuer +=\s"(.*)"/.exec(locals)?.[1]).toBe(issuer);
    expect(/subject +=\s"(.*)"/.exec(locals)?.[1]).toBe(subject);
    expect(locals.replaceAll(/^ *#.*$/gm, '')).not.toContain('*');
  });

  (terraform ? test : test.skip)('the module is formatted', async () => {
    const folder = await newFolder();
    await writeFiles(folder, await moduleFor(ci));
    const done = await execa('terraform', ['fmt', '-check', '-diff', '-recursive'], {
      cwd: path.join(folder, 'infra'),
      env: { TF_CLI_CONFIG_FILE: undefined },
      reject: false,
    });
    expect([done.exitCode, done.stdout]).toEqual([0, '']);
  });
});

async function moduleFor(ci: string): Promise<Record<string, string>> {
  const answers = { ...defaults, name: 'demo', packageName: 'demo', level: 1, target: 'aws', ci, samples: 'none' };
  const tree = await render(await compose(await readPack(builtInFolder), []), answers);
  const files = [...tree].filter(([file]) => file.startsWith('infra/'));
  return Object.fromEntries(files.map(([file, { content }]) => [file, String(content)]));
}
