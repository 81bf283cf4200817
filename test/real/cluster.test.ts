import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { environmentOf, type Part, realPart, testWith } from '../support/real.ts';
import { scratchFolder } from '../support/scratch.ts';

const image = 'registry.example.com/demo';
const pause = 'ds-devops-pause:local';

const folder = await scratchFolder();
const repository = await Repository.at(path.join(folder, 'demo'), ['sigs.k8s.io/kustomize/kustomize/v5@v5.7.1']);
const cluster = await started();

afterAll(async () => {
  await realPart('cluster', 'down');
}, 60_000);

/** A cluster of two nodes, and on them two images of the repository. */
async function started(): Promise<Part> {
  const engine = await realPart('engine', 'up');
  if ('missing' in engine) return engine;
  const saved = path.join(folder, 'images.tar');
  try {
    const generated = await repository.generate('--level', '1', '--target', 'kubernetes');
    if (generated.exitCode !== 0) throw new Error(String(generated.all));
    const env = environmentOf(engine, String(repository.env.PATH));
    const docker = (args: readonly string[], input = '') =>
      execa('docker', args, { cwd: repository.folder, env, input });
    const base = env.BASE_IMAGE ? ['--build-arg', 'BASE_IMAGE'] : [];
    for (const tag of ['unbuilt', 'second'])
      await docker(['build', '--quiet', ...base, '--build-arg', `REVISION=${tag}`, '--tag', `${image}:${tag}`, '.']);
    // What holds the namespaces of a pod has to wait, no more.
    await docker(['build', '--quiet', '--tag', pause, '-'], `FROM ${image}:unbuilt\nCMD ["sleep", "infinity"]\n`);
    const images = [`${image}:unbuilt`, `${image}:second`, pause];
    await docker(['save', '--output', saved, ...images]);
    await docker(['rmi', '--force', ...images]);
    const part = await realPart('cluster', 'up', saved, `docker.io/library/${pause}`);
    Object.assign(repository.env, environmentOf(part, String(repository.env.PATH)));
    return part;
  } finally {
    await fs.remove(saved);
    await realPart('engine', 'down');
  }
}

async function succeeds(program: string, ...args: string[]): Promise<string> {
  const { exitCode, all } = await repository.run(program, args);
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${all}`);
  return String(all);
}

const kubectl = (...args: string[]) => succeeds('kubectl', '--namespace=demo-prod', ...args);

interface Pod {
  readonly spec: { readonly nodeName: string; readonly containers: readonly [{ readonly image: string }] };
}

/** Prod's two pods, once there are no others left. */
async function pods(): Promise<readonly { readonly node: string; readonly image: string }[]> {
  await kubectl('rollout', 'status', 'deployment/demo', '--timeout=120s');
  for (let wait = 0; wait < 120; wait += 1) {
    const { items } = JSON.parse(await kubectl('get', 'pods', '--output=json')) as { readonly items: readonly Pod[] };
    if (items.length === 2) return items.map(({ spec }) => ({ node: spec.nodeName, image: spec.containers[0].image }));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(await kubectl('get', 'pods', '--output=wide'));
}

interface Traffic {
  readonly right: number;
  readonly failed: Readonly<Record<string, number>>;
}

/** What clients got from prod's Service while something happened to its pods. */
async function traffic(name: string, happens: () => Promise<void>): Promise<Traffic> {
  const address = await kubectl('get', 'service/demo', '--output=jsonpath={.spec.clusterIP}');
  const command = [path.join(repository.folder, '.venv/bin/python'), path.resolve('test/real/traffic.py')];
  const clients = execa('in-cluster', [...command, `http://${address}`], { env: repository.env, reject: false });
  const start = Date.now();
  await happens().finally(() => clients.stdin.end());
  const { stdout, stderr } = await clients;
  console.log(`${name}: ${stdout} in ${(Date.now() - start) / 1000} s\n${stderr}`);
  return JSON.parse(stdout || JSON.stringify(stderr));
}

testWith(
  cluster,
  'a real API server, asked by a dry run, takes every object of every overlay in a namespace that enforces restricted',
  async () => {
    Object.assign(repository.env, { DS_DEVOPS_KUBE_CONTEXT: 'real' });
    // What needs no cluster is proven without one.
    const { exitCode, all } = await repository.poe('test', '-q', 'tests/infrastructure', '-k', 'test_the_server');
    expect([exitCode, all]).toEqual([0, expect.stringMatching(/\n4 passed, \d+ deselected in /)]);
  },
  5,
);

testWith(
  cluster,
  'poe up makes each environment, whose pods serve, and poe down removes it',
  async () => {
    let admitted = 0;
    for (const environment of ['dev', 'staging', 'prod']) {
      const objects = (await succeeds('uv', 'run', 'poe', '-q', 'manifests', environment)).match(/^kind: /gm) ?? [];
      const said = await succeeds('uv', 'run', 'poe', '-q', 'up', environment, '--context', 'real');
      expect(said.trimEnd().split('\n')).toEqual(objects.map(() => expect.stringMatching(/ created$/)));
      admitted += objects.length;
      await succeeds(
        'kubectl',
        `--namespace=demo-${environment}`,
        'rollout',
        'status',
        'deployment/demo',
        '--timeout=120s',
      );
      if (environment !== 'prod') await succeeds('uv', 'run', 'poe', '-q', 'down', environment, '--context', 'real');
    }
    console.log(`${admitted} objects admitted`);
    expect(admitted).toBeGreaterThanOrEqual(24);
    expect((await succeeds('kubectl', 'get', 'namespaces')).match(/^demo-\w+/gm)).toEqual(['demo-prod']);
    expect((await pods()).map(({ node }) => node).sort()).toEqual(['a', 'b']);
  },
  5,
);

testWith(
  cluster,
  'an update to another image, by its digest, fails no request',
  async () => {
    const names = await fs.readFile(String(repository.env.IMAGES), 'utf8');
    const second = /^\S+:second (\S+)$/m.exec(names)?.[1] as string;
    const cwd = path.join(repository.folder, 'infra/environments/prod');
    expect(await repository.run('kustomize', ['edit', 'set', 'image', `service=${second}`], { cwd })).toMatchObject({
      exitCode: 0,
    });
    const seen = await traffic('rolling update', async () => {
      await succeeds('uv', 'run', 'poe', '-q', 'up', 'prod', '--context', 'real');
      expect((await pods()).map((pod) => pod.image)).toEqual([second, second]);
    });
    expect(seen.failed).toEqual({});
    expect(seen.right).toBeGreaterThan(1000);
  },
  5,
);

testWith(
  cluster,
  'a bundle goes from dev to staging by its digest; broken, killed in the middle or twice, it changes nothing for its users',
  async () => {
    expect(await repository.generate('--level', '3', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    await succeeds('uv', 'run', 'poe', '-q', 'bundle');
    const names = await fs.readFile(String(repository.env.IMAGES), 'utf8');
    Object.assign(repository.env, {
      DS_DEVOPS_KUBE_CONTEXT: 'real',
      DS_DEVOPS_IMAGE: /^\S+:unbuilt (\S+)$/m.exec(names)?.[1],
    });
    const pytest = ['uv', 'run', '--quiet', 'pytest', '-q', 'tests/delivery/test_cluster.py'];
    const said = await succeeds('in-cluster', 'env', `PATH=${repository.env.PATH}`, ...pytest);
    expect(said).toMatch(/\b9 passed in /);
  },
  6,
);

testWith(
  cluster,
  'one node drained after the other fails no request either: the budget lets one pod go at a time',
  async () => {
    const drain = (node: string) =>
      kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=150s');
    const seen = await traffic('drains', async () => {
      await drain('a');
      expect((await pods()).map(({ node }) => node)).toEqual(['b', 'b']);
      await kubectl('uncordon', 'a');
      expect(await drain('b')).toMatch(/disruption budget/);
      expect((await pods()).map(({ node }) => node)).toEqual(['a', 'a']);
    });
    expect(seen.failed).toEqual({});
    expect(seen.right).toBeGreaterThan(1000);
  },
  6,
);
