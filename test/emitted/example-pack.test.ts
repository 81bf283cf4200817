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

  test('says who pays for what in a cluster, where a team of its goes there', async () => {
    const { read } = await at(1, '--target', 'kubernetes', '--answer', 'costCentre=1234');
    const [labels] = parse(await read('infra/base/kustomization.yaml')).labels;
    expect(labels.pairs).toMatchObject({ 'acme.com/team': 'data-science', 'acme.com/cost-centre': '1234' });
  });
});

describe('the example of a team’s pack on top of it', () => {
  const vision = ['--pack', path.resolve('examples/vision')];

  test('brings KServe in each environment, with the answers that it settles and asks', async () => {
    const { folder, read } = await at(3, ...vision, '--answer', 'maxReplicas=9');
    const { spec } = parse(await read('infra/kserve/component/inference-service.yaml'));
    expect(spec.predictor.maxReplicas).toBe(9);
    expect(await read('README.md')).toContain('of the team `vision`');
    expect(Object.keys(await snapshot(folder)).filter((file) => file.startsWith('infra/kserve/'))).toEqual([
      'infra/kserve/component/inference-service.yaml',
      'infra/kserve/component/kustomization.yaml',
      'infra/kserve/component/names.yaml',
      'infra/kserve/dev/kustomization.yaml',
      'infra/kserve/prod/kustomization.yaml',
      'infra/kserve/staging/kustomization.yaml',
    ]);
  });

  test('lets nobody choose another target, and stands on nothing but the company’s', async () => {
    const refused = async (...packs: string[]) => command(await newFolder(), ['--yes', '--target', 'local', ...packs]);
    expect(await refused('--pack', acme, ...vision)).toMatchObject({
      code: 1,
      err: 'ds-devops: --target local: the pack vision locks it to kubernetes: leave it out\n',
    });
    expect((await refused(...vision)).err).toMatch(
      /it extends acme, which is not among the packs before it: ds-devops\n$/,
    );
  });
});
