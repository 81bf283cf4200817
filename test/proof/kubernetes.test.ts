import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

const goTools = ['sigs.k8s.io/kustomize/kustomize/v5@v5.7.1', 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'];

test(
  'a level-2 repository for kubernetes proves itself, its manifests rendered by the real kustomize',
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'), goTools);
    expect(await repository.generate('--level', '2', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    await repository.run('git', ['init', '--quiet']);
    const { output, ...figures } = await repository.verify();
    if (figures.exitCode !== 0) throw new Error(output);
    expect(figures.failed).toBe(0);
    expect(output).not.toMatch(/SKIPPED .*(kustomize|actionlint)/);
    // Two levels up prod is a Rollout, by the schemas out of Argo's module; what the controller makes of it: test/real.
    expect(await repository.generate('--level', '4', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    const rollout = await repository.poe('test', '-q', 'tests/infrastructure', 'tests/release/test_rollout.py');
    expect([rollout.exitCode, rollout.all]).toEqual([0, expect.stringMatching(/ passed/)]);
  },
  20 * 60_000,
);
