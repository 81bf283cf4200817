import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

test.each(['azure', 'gcp'])(
  'a level-1 repository for %s proves its infrastructure as far as a machine without an account can',
  async (target) => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    expect(await repository.generate('--level', '1', '--target', target)).toMatchObject({ exitCode: 0 });
    const { output, ...figures } = await repository.verify('verify-1');
    if (figures.exitCode !== 0) throw new Error(`poe verify-1 ended with ${figures.exitCode}: ${output}`);
    expect(figures.failed).toBe(0);
    // What needs the provider says so; the format, checkov and the values are looked at wherever there is Terraform.
    expect(figures.passed).toBeGreaterThanOrEqual(10);
    const terraform = await repository.run('terraform', ['-version']);
    if (!terraform.failed) expect(output).not.toMatch(/SKIPPED .*(formatted|checkov)/);
  },
  10 * 60_000,
);
