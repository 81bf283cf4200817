import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { highestLevel } from '../../generators/engine/render/stages.ts';
import { newFolder } from '../support/folder.ts';
import { providers } from '../support/ladder.ts';
import { rendered } from '../support/rendered.ts';

const there = !(await execa('terraform', ['-version'], { reject: false })).failed;
const reason = there ? '' : ' (skipped: there is no terraform)';
const clouds = ['aws', 'azure', 'gcp'].flatMap((target) => providers.map((ci) => ({ target, ci })));

(there ? test : test.skip).each(clouds)(
  `terraform fmt would change nothing in a module for $target with CI by $ci${reason}`,
  async ({ target, ci }) => {
    const folder = await newFolder();
    const files = [...(await rendered({ level: highestLevel, target, ci }))].filter(([file]) =>
      file.startsWith('infra/'),
    );
    for (const [file, text] of files) await fs.outputFile(`${folder}/${file}`, text);
    const { stdout } = await execa('terraform', ['fmt', '-check', '-diff', '-recursive', folder], { reject: false });
    expect(stdout).toBe('');
    expect(files.length).toBeGreaterThan(10);
  },
);
