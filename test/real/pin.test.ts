import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { environmentOf, realPart, testWith } from '../support/real.ts';
import { scratchFolder } from '../support/scratch.ts';

const engine = await realPart('engine', 'up');
const registry = 'missing' in engine ? engine : await realPart('registry', 'up');

afterAll(async () => {
  await realPart('registry', 'down');
  await realPart('engine', 'down');
}, 60_000);

testWith(
  registry,
  'poe pin writes the digest that a real registry gives an image, and an engine builds on it',
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    const env = environmentOf(engine, String(repository.env.PATH));
    const image = `${environmentOf(registry, '').REGISTRY}/tools/base:1.2`;
    const docker = async (args: readonly string[], input: string | Uint8Array = '') =>
      (await execa('docker', args, { env, input })).stdout;
    await docker(['import', '-', image], new Uint8Array(10_240)); // a tar archive of no files
    await docker(['push', '--quiet', image]);
    const digests = JSON.parse(await docker(['inspect', '--format', '{{json .RepoDigests}}', image])) as string[];
    const digest = digests.find((each) => each.startsWith(image.replace(':1.2', '@')))?.split('@')[1];

    expect(await repository.generate('--level', '1', '--skip-install')).toMatchObject({ exitCode: 0 });
    const dockerfile = path.join(repository.folder, 'Dockerfile');
    await fs.writeFile(dockerfile, `FROM ${image} AS pinned\nLABEL a=b\n`);
    const pinned = `${image}@${digest}`;
    // It needs nothing but Python.
    const pin = () => repository.run('python3', ['tasks/pin.py']);
    expect(await pin()).toMatchObject({ exitCode: 0, stdout: `Dockerfile: ${pinned}` });
    const text = `FROM ${pinned} AS pinned\nLABEL a=b\n`;
    expect(await fs.readFile(dockerfile, 'utf8')).toBe(text);
    await docker(['rmi', '--force', image]);
    await docker(['build', '--quiet', '--tag', 'ds-devops-pinned:test', '-'], text);
    await docker(['rmi', '--force', 'ds-devops-pinned:test']);
    expect(await pin()).toMatchObject({ exitCode: 0, stdout: 'every image is named by its digest' });
  },
  5,
);
