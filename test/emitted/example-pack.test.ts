import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { parse } from 'yaml';
import { command } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';

const acme = path.resolve('examples/acme');

/** The emitted repository at a level with the example's pack. */
async function at(level: number, ...flags: string[]) {
  const folder = await newFolder();
  const { code, err } = await command(folder, ['--yes', '--level', String(level), '--pack', acme, ...flags]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return { folder, read: (file: string) => fs.readFile(path.join(folder, file), 'utf8') };
}

describe('the example of a company pack', () => {
  test('brings its registry and labels with the infrastructure', async () => {
    const { read } = await at(1, '--answer', 'costCentre=1234');
    expect(await read('Dockerfile')).toMatch(
      /LABEL com.acme.team="data-science" \\\n {6}com.acme.cost-centre="1234"\n$/,
    );
    expect(await read('infra/environments/prod.env')).toContain(': registry.acme.example/models/demo@sha256:');
    const { services } = parse(await read('infra/compose.yaml'));
    expect(services.service.labels).toEqual({ 'com.acme.team': 'data-science', 'com.acme.cost-centre': '1234' });
  });

  test('brings its runners and owners with the integration, and takes Dependabot away', async () => {
    const { folder, read } = await at(2, '--answer', 'team=vision');
    const { jobs } = parse(await read('.github/workflows/integrate.yml'));
    for (const job of Object.values(jobs)) expect(job).toMatchObject({ 'runs-on': ['self-hosted', 'acme-linux'] });
    expect(await read('.github/CODEOWNERS')).toMatch(/\n\* +@acme\/vision\n/);
    expect(Object.keys(await snapshot(folder)).filter((file) => file.includes('dependabot'))).toEqual([]);
  });

  test('asks for a change ticket with the delivery, at every level from there', async () => {
    for (const level of [3, 4, 5, 6]) {
      const { read } = await at(level);
      expect(await read('tasks/delivery/deliver.py')).toContain('\n        require_ticket(place.name)\n');
      const { jobs } = parse(await read('.github/workflows/deliver.yml'));
      expect(jobs.prod['runs-on']).toEqual(['self-hosted', 'acme-linux']);
    }
  });

  test('climbs to what a fresh repository would be', async () => {
    const { folder } = await at(0);
    for (const level of [1, 2, 3, 4, 5, 6]) await command(folder, `--level ${level}`);
    expect(await snapshot(folder)).toEqual(await snapshot((await at(6)).folder));
  });

  test('lets nobody choose another target', async () => {
    const folder = await newFolder();
    const { code, err } = await command(folder, ['--yes', '--target', 'kubernetes', '--pack', acme]);
    expect({ code, err }).toEqual({
      code: 1,
      err: 'ds-devops: --target kubernetes: the pack acme locks it to local: leave it out\n',
    });
  });
});
