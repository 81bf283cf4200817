import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { builtInFolder, readPack } from '../../generators/engine/packs.ts';
import { render } from '../../generators/engine/render.ts';
import { newFolder } from '../support/folder.ts';

const there = !(await execa('terraform', ['-version'], { reject: false })).failed;
const reason = there ? '' : ' (skipped: there is no terraform)';
const pack = await readPack(builtInFolder);
const clouds = ['aws', 'azure', 'gcp'].flatMap((target) => ['github', 'gitlab', 'azure'].map((ci) => ({ target, ci })));

(there ? test : test.skip).each(clouds)(
  `terraform fmt would change nothing in a module for $target with CI by $ci${reason}`,
  async ({ target, ci }) => {
    const folder = await newFolder();
    const tree = await render(
      { packs: [pack], questions: [], settled: new Map() },
      { name: 'demo', packageName: 'demo', level: 1, target, ci, model: 'example', samples: 'none' },
    );
    const files = [...tree].filter(([file]) => file.startsWith('infra/'));
    for (const [file, { content }] of files) await fs.outputFile(`${folder}/${file}`, content ?? '');
    const { stdout } = await execa('terraform', ['fmt', '-check', '-diff', '-recursive', folder], { reject: false });
    expect(stdout).toBe('');
    expect(files.length).toBeGreaterThan(10);
  },
);
