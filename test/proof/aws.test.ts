import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

// Where the provider comes from on a machine that does not reach its registry: as the emitted tests have it.
const mirror = process.env.TERRAFORM_MIRROR ?? '/opt/tf-plugins';
const { exitCode } = await execa('terraform', ['version'], { reject: false });
const provable = exitCode === 0 && (await fs.pathExists(path.join(mirror, 'registry.terraform.io/hashicorp/aws')));

(provable ? test : test.skip)(
  `for aws: applied with the real provider (terraform and ${mirror}), delivered to by a job, with a canary, nothing left`,
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    expect(await repository.generate('--level', '6', '--target', 'aws')).toMatchObject({ exitCode: 0 });
    const { output, ...figures } = await repository.verify('verify-1');
    if (figures.exitCode !== 0) throw new Error(output);
    expect(figures.failed).toBe(0);
    expect(output).not.toMatch(/SKIPPED \S*(test_terraform|test_aws|checkov|hadolint)/);
    const junit = await fs.readFile(path.join(repository.folder, 'reports/junit.xml'), 'utf8');
    const seconds = /test_the_module_is_applied_without_change_afterwards_and_taken_away" time="([\d.]+)"/.exec(junit);
    console.info(
      `aws: ${figures.passed} passed, ${figures.skipped} skipped; applied and taken away in ${seconds?.[1]} s`,
    );
    // Nine minutes where nothing else runs: one of them is how long the provider waits for any load balancer.
    expect(Number(seconds?.[1])).toBeLessThan(Number(os.loadavg()[0]) > os.cpus().length ? 900 : 540);
  },
  20 * 60_000,
);
