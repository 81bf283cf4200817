import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { configuration } from '../../generators/command/configuration.ts';
import { newFolder } from '../support/folder.ts';

const variables = ['DS_DEVOPS_CONFIG', 'XDG_CONFIG_HOME', 'APPDATA', 'ProgramData'];
const before = variables.map((name) => [name, process.env[name]] as const);
const { platform } = process;

afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

test('on Windows nobody is trusted by a file that any user may make', async () => {
  const [own, machine] = [await newFolder('own'), await newFolder('machine')];
  for (const name of variables) delete process.env[name];
  Object.assign(process.env, { APPDATA: own, ProgramData: machine });
  Object.defineProperty(process, 'platform', { value: 'win32' });
  const text = 'packs: ["npm:@acme/pack@^2"]\ntrust: true\n';
  await fs.outputFile(path.join(machine, 'ds-devops/config.yaml'), text);
  expect(await configuration()).toMatchObject({ packs: ['npm:@acme/pack@^2'], trusts: false });
  await fs.outputFile(path.join(own, 'ds-devops/config.yaml'), text);
  expect(await configuration()).toMatchObject({ trusts: true });
});
