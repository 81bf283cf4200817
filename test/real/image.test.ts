import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { Repository } from '../support/emitted.ts';
import { environmentOf, realPart, testWith } from '../support/real.ts';
import { scratchFolder } from '../support/scratch.ts';

const engine = await realPart('engine', 'up');

afterAll(async () => {
  await realPart('engine', 'down');
}, 60_000);

testWith(
  engine,
  'the image is built by a real engine and serves hardened, and so does the stack of compose',
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    Object.assign(repository.env, environmentOf(engine, String(repository.env.PATH)));
    expect(await repository.generate('--level', '1', '--target', 'local')).toMatchObject({ exitCode: 0 });
    // What needs no engine is proven without one.
    const named = ['test_the_image', 'test_the_stack', 'test_compose_itself'].join(' or ');
    const { exitCode, all } = await repository.poe('test', '-q', 'tests/infrastructure', '-k', named);
    expect([exitCode, all]).toEqual([0, expect.stringMatching(/\n7 passed, \d+ deselected in /)]);
  },
  10,
);
