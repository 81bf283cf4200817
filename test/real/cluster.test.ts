import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { environmentOf, type Part, realPart, testWith } from '../support/real.ts';
import { scratchFolder } from '../support/scratch.ts';

const image = 'registry.example.com/demo';
const pause = 'ds-devops-pause:local';
/** A release that is sound when it is tried, and does something else with each request once it has answered a few. */
const planted = (answered: number, does: string) => `import time
import onnxruntime
run, asked = onnxruntime.InferenceSession.run, [0]
def another(*given, **named):
    asked[0] += 1
    if asked[0] > ${answered}:
        ${does}
    return run(*given, **named)
onnxruntime.InferenceSession.run = another
`;
const spoilt = { bad: planted(300, 'raise RuntimeError("planted")'), slow: planted(60, 'time.sleep(1.2)') };

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
    for (const [tag, does] of Object.entries(spoilt)) {
      const written = ['python', '-c', `open("/app/src/sitecustomize.py", "w").write(${JSON.stringify(does)})`];
      const how = `FROM ${image}:second\nUSER 0\nRUN ${JSON.stringify(written)}\nUSER 10001:10001\n`;
      await docker(['build', '--quiet', '--tag', `${image}:${tag}`, '-'], how);
    }
    const images = [...['unbuilt', 'second', ...Object.keys(spoilt)].map((tag) => `${image}:${tag}`), pause];
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
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string; readonly containers: readonly [{ readonly image: string }] };
}

/** The name by digest of the image with the tag. */
async function byDigest(tag: string): Promise<string> {
  const names = await fs.readFile(String(repository.env.IMAGES), 'utf8');
  return new RegExp(`^\\S+:${tag} (\\S+)$`, 'm').exec(names)?.[1] as string;
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
async function traffic(name: string, happens: () => Promise<void>, count = 16): Promise<Traffic> {
  const address = await kubectl('get', 'service/demo', '--output=jsonpath={.spec.clusterIP}');
  const command = [path.join(repository.folder, '.venv/bin/python'), path.resolve('test/real/traffic.py')];
  const clients = execa('in-cluster', [...command, `http://${address}`, String(count)], {
    env: repository.env,
    reject: false,
  });
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
    const second = await byDigest('second');
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
    Object.assign(repository.env, { DS_DEVOPS_KUBE_CONTEXT: 'real', DS_DEVOPS_IMAGE: await byDigest('unbuilt') });
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

const inside = () => ['env', `PATH=${repository.env.PATH}`];
const where = (environment: string, named: string) => ['--to', environment, '--context', 'real', '--image', named];

/** Delivers from within the cluster's network, to which its pods' ports are forwarded. */
const deliver = (environment: string, named: string, ...task: string[]) =>
  repository.run('in-cluster', [
    ...[...inside(), 'uv', 'run', '--quiet', 'poe', '-q', ...(task.length > 0 ? task : ['deliver'])],
    ...where(environment, named),
  ]);

/** Begins a delivery to prod, and kills it once it has said so much. */
async function killedAt(line: string, named: string): Promise<void> {
  const program = [path.join(repository.folder, '.venv/bin/python'), '-m', 'tasks.delivery.deliver'];
  const options = { cwd: repository.folder, env: repository.env, reject: false } as const;
  const delivery = execa('in-cluster', [...inside(), ...program, ...where('prod', named)], options);
  for await (const said of delivery) if (said === line) delivery.kill('SIGKILL');
  expect((await delivery).signal).toBe('SIGKILL');
}

testWith(
  cluster,
  'poe up leaves the image that was delivered, unless it is told to bring back the one of the overlay',
  async () => {
    const second = await byDigest('second');
    expect(await deliver('dev', second)).toMatchObject({ exitCode: 0 });
    const up = (...more: string[]) => succeeds('uv', 'run', 'poe', '-q', 'up', 'dev', '--context', 'real', ...more);
    const serving = () =>
      succeeds('kubectl', '--namespace=demo-dev', 'get', 'deployment/demo', '--output=jsonpath={..image}');
    expect(await up()).toMatch(`the image that was delivered stays: ${second}\n`);
    expect(await serving()).toBe(second);
    await up('--overlay-image');
    expect(await serving()).toBe(`${image}:unbuilt`);
    await succeeds('uv', 'run', 'poe', '-q', 'down', 'dev', '--context', 'real');
  },
  5,
);

const rollouts = 'missing' in cluster ? cluster : await realPart('rollouts', 'up');
// How far real load moves real pods depends on what else runs on these two cores, so nobody else may.
const alone = process.env.REAL_AUTOSCALER
  ? rollouts
  : { missing: 'it needs a machine on which nothing else runs: REAL_AUTOSCALER=1 npm run real -- test/real/cluster' };
const metrics = 'missing' in alone ? alone : await realPart('metrics', 'up');

/** Changes a file of the repository. */
async function edit(file: string, ...pairs: readonly (readonly [RegExp | string, string])[]): Promise<void> {
  const path_ = path.join(repository.folder, file);
  let text = await fs.readFile(path_, 'utf8');
  for (const [before, after] of pairs) {
    expect(text).toMatch(before);
    text = text.replace(before, after);
  }
  await fs.writeFile(path_, text);
}

const poe = (...args: string[]) => succeeds('uv', 'run', '--quiet', 'poe', '-q', ...args);

/** Releases an image to prod. */
async function release(tag: string, ...task: string[]) {
  const start = Date.now();
  const { exitCode, all } = await deliver('prod', await byDigest(tag), ...task);
  console.log(`${tag}: exit code ${exitCode} in ${(Date.now() - start) / 1000} s\n${all}`);
  return { exitCode, said: String(all) };
}

const ledger = () => fs.readFile(path.join(repository.folder, 'releases/ledger.jsonl'), 'utf8');
const released = async () => /"digest":"(\w+)"/.exec(await ledger())?.[1] as string;

/** What a replica bears that uses a twentieth of a core at its best, and 300 requests/s of which are to be expected. */
const measured = {
  ...{
    schema: 1,
    model: '',
    machine: {},
    rows_per_request: 1,
    echo_requests_per_second: 3000,
    memory_mib: 160,
    ended: '',
  },
  points: [1, 2, 4, 8, 16, 32, 64, 128].map((concurrency) => ({
    ...{ concurrency, failed: {}, p50_ms: 10, p99_ms: 20, service_cores: 0.05, generator_cores: 0.1 },
    ...{ seconds: 2, answered: 1000, requests_per_second: (60 * concurrency) / (1 + 0.5 * (concurrency - 1)) },
  })),
};

testWith(
  rollouts,
  'the real Argo Rollouts takes a good release all the way and aborts a bad one, as a real Prometheus sees them',
  async () => {
    // With the monitoring and the autoscaler that come later: the API server takes these objects too.
    expect(await repository.generate('--level', '6', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    const { PROMETHEUS } = environmentOf(rollouts, '');
    await edit('infra/canary/kustomization.yaml', ['http://prometheus-server.monitoring', String(PROMETHEUS)]);
    // Two cores serve, scrape and ask here, and a freeze is no matter of this proof.
    await edit('slo.yaml', ['p99_ms: 50', 'p99_ms: 1000']);
    await edit('releases/policy.yaml', [/freezes: .*\n.*\n/, 'freezes: []\n']);
    Object.assign(repository.env, { RELEASE_KEY: path.join(folder, 'key.pem') });
    for (const task of ['canary-rules', 'keys', 'bundle', 'release', 'approve']) await poe(task);
    expect(await release('unbuilt')).toMatchObject({ exitCode: 0 }); // the Deployment becomes a Rollout
    const good = await traffic(
      'canary',
      async () => {
        await killedAt('5 %', await byDigest('second'));
        expect(await release('second')).toMatchObject({
          exitCode: 0,
          said: expect.stringMatching(/^5 %\n25 %\n50 %\n/m),
        });
      },
      4,
    );
    expect(good.failed).toEqual({});
    const digest = await released();
    const caught = await traffic(
      'bad canary',
      async () => {
        const { exitCode, said } = await release('bad', 'canary', digest);
        expect(exitCode).toBe(1);
        expect(said).toMatch(/stopped by the gate fails: Failed, \[\d/);
        expect(said).not.toMatch(/^50 %$/m);
      },
      4,
    );
    const failed = Object.values(caught.failed).reduce((sum, count) => sum + count, 0);
    expect(failed).toBeGreaterThan(0);
    expect(failed / (failed + caught.right)).toBeLessThan(0.25);
    const { items } = JSON.parse(await kubectl('get', 'pods', '--output=json')) as { readonly items: readonly Pod[] };
    const serving = items.filter(({ metadata }) => !metadata.deletionTimestamp);
    const second = await byDigest('second');
    expect(serving.map(({ spec }) => spec.containers[0].image)).toEqual([second, second, second, second]);
    expect((await ledger()).match(/"kind":"\w+"/g)?.slice(-4)).toEqual(
      ['deployment', 'deployment', 'deployment', 'rollback'].map((kind) => `"kind":"${kind}"`),
    );
    expect((await traffic('after it', () => new Promise((resolve) => setTimeout(resolve, 3000)), 4)).failed).toEqual(
      {},
    );
  },
  10,
);

testWith(
  rollouts,
  'a slow release is stopped by the gate that is about that, and one that nobody asks is not taken for a good one',
  async () => {
    const slow = await traffic(
      'slow canary',
      async () => {
        const { exitCode, said } = await release('slow', 'canary', await released());
        expect([exitCode, said]).toEqual([
          1,
          expect.stringMatching(/stopped by the gate is-later-than-1000-ms: Failed, \[\d/),
        ]);
        expect(said).not.toMatch(/^50 %$/m);
      },
      4,
    );
    expect(slow.failed).toEqual({});
    // The same, in less time than the ten minutes for which it is held.
    await edit('tasks/release/analysis.py', ['STEP_LIMIT_SECONDS = 10, 600', 'STEP_LIMIT_SECONDS = 10, 10']);
    await poe('canary-rules');
    // Other pods than those that served this image just now: the gates look back over minutes.
    await edit('infra/base/deployment.yaml', [
      /terminationGracePeriodSeconds: \d+/,
      'terminationGracePeriodSeconds: 46',
    ]);
    const { exitCode, said } = await release('unbuilt', 'canary', await released());
    expect([exitCode, said]).toEqual([1, expect.stringMatching(/stopped by the gate \S+: Inconclusive/)]);
    expect(said).not.toMatch(/^25 %$/m);
    expect((await ledger()).match(/"kind":"\w+"/g)?.slice(-2)).toEqual(['"kind":"deployment"', '"kind":"rollback"']);
  },
  5,
);

testWith(
  metrics,
  'the autoscaler follows from what was measured, and real load scales the Rollout up and down again without a failed request',
  async () => {
    // A Rollout whose new pods would be a release is not the matter here: only the autoscaler changes.
    await fs.outputJson(path.join(repository.folder, 'capacity/measurement.json'), measured);
    await edit(
      'capacity/policy.yaml',
      [/^headroom: .*$/m, 'headroom: 0.4'],
      [/^resting_share: .*$/m, 'resting_share: 0.1'],
    );
    await edit('slo.yaml', [/peak_requests_per_second: \d+/, 'peak_requests_per_second: 300']);
    await poe('capacity', '--derive');
    await poe('scale', 'prod');
    await edit('infra/autoscaler/autoscaler.yaml', [
      'stabilizationWindowSeconds: 300',
      'stabilizationWindowSeconds: 30',
    ]);
    expect(await poe('up', 'prod', '--context', 'real')).toMatch('the image that was delivered stays');
    const replicas = async () =>
      Number(await kubectl('get', 'rollouts.argoproj.io/demo', '--output=jsonpath={.spec.replicas}'));
    expect(await replicas()).toBe(4);
    const become = async (enough: (count: number) => boolean) => {
      const start = Date.now();
      while (!enough(await replicas())) {
        if (Date.now() > start + 150_000) throw new Error(await kubectl('describe', 'hpa/demo'));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      console.log(`${await replicas()} replicas after ${(Date.now() - start) / 1000} s`);
    };
    const { SYNCS } = environmentOf(metrics, '');
    const python = path.join(repository.folder, '.venv/bin/python');
    const watch = [
      path.resolve('test/real/autoscaling.py'),
      String(repository.env.KUBECONFIG),
      'demo-prod',
      'demo',
      String(SYNCS),
    ];
    const watching = execa('in-cluster', ['env', `PYTHONPATH=${repository.folder}`, python, ...watch], {
      cwd: repository.folder,
      env: repository.env,
      reject: false,
    });
    const seen = await traffic('load', () => become((count) => count > 4), 32);
    const still = await traffic('less', () => become((count) => count === 4), 1);
    watching.stdin.end();
    const { stdout, stderr } = await watching;
    console.log(`${stdout}\n${stderr}`);
    expect([seen.failed, still.failed]).toEqual([{}, {}]);
    const steps = JSON.parse(stdout) as readonly number[][];
    expect(steps.length).toBeGreaterThan(6);
    const off = steps.map(([, , , , , real, simulated]) => Math.abs(Number(real) - Number(simulated)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  },
  8,
);
