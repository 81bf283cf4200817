import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fs from 'fs-extra';
import { outcomes } from '../../generators/engine/plan/plan.ts';
import { command } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';

const schema = await fs.readJson('docs/plan.schema.json');
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

async function planned(folder: string, argv: string) {
  const { out } = await command(folder, `--yes --json ${argv}`);
  const told = JSON.parse(out);
  expect(validate(told) ? [] : validate.errors).toEqual([]);
  return told;
}

test('what --json prints is as docs/plan.schema.json says, whatever happens to the files', async () => {
  const folder = await newFolder();
  const at = (file: string) => path.join(folder, file);
  await fs.writeFile(at('README.md'), 'mine\n');
  expect((await planned(folder, '--level 0')).changes).toBeGreaterThan(30);
  expect((await planned(folder, '')).changes).toBe(0);
  await fs.remove(at('slo.yaml'));
  await fs.move(at('pyproject.toml'), at('below/pyproject.toml'));
  const { files } = await planned(folder, '--level 1 --dry-run --detach .gitignore');
  const of = (file: string) => files.find((each: { path: string }) => each.path === file);
  expect(of('slo.yaml')).toMatchObject({ outcome: 'deleted' });
  expect(of('pyproject.toml')).toMatchObject({ at: 'below/pyproject.toml', write: 'below/pyproject.toml' });
  expect(of('.gitignore')).toMatchObject({ outcome: 'detached' });
});

test('the schema knows every outcome that there is', () => {
  expect(schema.properties.files.items.properties.outcome.enum).toEqual(Object.keys(outcomes));
});
