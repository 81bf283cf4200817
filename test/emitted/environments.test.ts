import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { targets } from '../support/ladder.ts';
import { rendered } from '../support/rendered.ts';

const clouds = ['aws', 'azure', 'gcp'];
const environments = ['dev', 'staging', 'prod'];

/** The files of a target's `infra/`, path below it → text. */
async function infraOf(target: string): Promise<Map<string, string>> {
  const below = [...(await rendered({ level: 1, target }))].filter(([file]) => file.startsWith('infra/'));
  return new Map(below.map(([file, text]) => [file.slice('infra/'.length), text]));
}

const infra = new Map(await Promise.all(targets.map(async (target) => [target, await infraOf(target)] as const)));

/** `NAME=VALUE` and `name = value` lines that begin at the margin, name → value without quotes and remarks. */
const lines = (text: string, name = '\\w+') =>
  new Map(
    [...text.matchAll(new RegExp(`^(${name}) *= *"?(.*?)"? *(?:#.*)?$`, 'gm'))].map(([, key, value]) => [
      key as string,
      value as string,
    ]),
  );

/** What a person sets for an environment: how many, whether an image is there yet, and the service's own settings. */
function chosen(target: string, environment: string) {
  const files = infra.get(target) as Map<string, string>;
  const text = (file: string) => files.get(`environments/${environment}${file}`) as string;
  if (target === 'local') {
    const { IMAGE = '', REPLICAS, CPUS, MEMORY, ...rest } = Object.fromEntries(lines(text('.env')));
    expect([CPUS, MEMORY]).toEqual([expect.stringMatching(/^\d/), expect.stringMatching(/^\d+M$/)]);
    const settings = Object.fromEntries(Object.entries(rest).filter(([name]) => !/^(PUBLISH|TLS)_/.test(name)));
    return { replicas: Number(REPLICAS), image: IMAGE !== '', settings };
  }
  if (target === 'kubernetes') {
    const { images, replicas, configMapGenerator, patches } = parse(text('/kustomization.yaml'));
    expect(patches[0].patch).toMatch(/limits: \{cpu: "\d.*", memory: \d+Mi\}/);
    return {
      replicas: replicas[0].count,
      image: images[0].newTag !== 'unbuilt',
      settings: Object.fromEntries(lines(configMapGenerator[0].literals.join('\n'))),
    };
  }
  const values = lines(text('.tfvars'));
  expect([values.get('cpu'), values.get('memory_mib')]).toEqual([
    expect.stringMatching(/^\d/),
    expect.stringMatching(/^\d+$/),
  ]);
  const [, settings = ''] = /^settings = \{\n([^}]*)\}/m.exec(text('.tfvars')) ?? [];
  return {
    replicas: Number(values.get('minimum_replicas')),
    image: values.get('image') !== 'null',
    settings: Object.fromEntries(lines(settings.replace(/^ +/gm, ''))),
  };
}

describe.each(environments)('%s', (environment) => {
  test.each(targets)(
    'has on %s the replicas and settings that it has on every target, and no image before there is one',
    (target) => {
      expect(chosen(target, environment)).toEqual({
        replicas: environment === 'dev' ? 1 : 2,
        image: false,
        settings: { TELEMETRY_LEVEL: environment === 'dev' ? 'debug' : 'standard' },
      });
    },
  );

  test('is given the same on every cloud, besides what only one of them has', () => {
    const own: Record<string, string[]> = { aws: ['certificate_arn', 'host', 'identity_provider'] };
    const names = clouds.map((cloud) => {
      const values = lines(infra.get(cloud)?.get(`environments/${environment}.tfvars`) as string);
      return [...values.keys()].filter((name) => !own[cloud]?.includes(name));
    });
    expect(names[0]?.length).toBeGreaterThan(10);
    expect(names).toEqual([names[0], names[0], names[0]]);
  });
});

test.each(targets)('%s has these environments and no other, each value of people in environments/ alone', (target) => {
  const files = [...(infra.get(target) as Map<string, string>)];
  const found = files.flatMap(([file]) => /^environments\/(\w+)/.exec(file)?.[1] ?? []);
  expect([...new Set(found)].sort()).toEqual([...environments].sort());
  for (const [file, text] of files)
    if (!/^(environments|tests)\//.test(file))
      expect([file, text]).toEqual([file, expect.not.stringMatching(/TELEMETRY_LEVEL\s*[=:]/)]);
});
