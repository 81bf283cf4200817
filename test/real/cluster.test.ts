import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import fs from 'fs-extra';
import { image, type Pod, RealCluster } from '../support/cluster.ts';
import { realPart, testWith } from '../support/real.ts';

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

const cluster = await RealCluster.up(['unbuilt', 'second'], spoilt);
const { repository, part } = cluster;

afterAll(() => cluster.down(), 60_000);

/** Prod's two pods, once there are no others left. */
async function pods(): Promise<readonly { readonly node: string; readonly image: string }[]> {
  await cluster.kubectl('rollout', 'status', 'deployment/demo', '--timeout=120s');
  for (let wait = 0; wait < 120; wait += 1) {
    const { items } = JSON.parse(await cluster.kubectl('get', 'pods', '--output=json')) as {
      readonly items: readonly Pod[];
    };
    if (items.length === 2) return items.map(({ spec }) => ({ node: spec.nodeName, image: spec.containers[0].image }));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(await cluster.kubectl('get', 'pods', '--output=wide'));
}

testWith(
  part,
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
  part,
  'poe up makes each environment, whose pods serve, and poe down removes it',
  async () => {
    let admitted = 0;
    for (const environment of ['dev', 'staging', 'prod']) {
      const objects = (await cluster.poe('manifests', environment)).match(/^kind: /gm) ?? [];
      const said = await cluster.poe('up', environment, '--context', 'real');
      expect(said.trimEnd().split('\n')).toEqual(objects.map(() => expect.stringMatching(/ created$/)));
      admitted += objects.length;
      await cluster.succeeds(
        'kubectl',
        `--namespace=demo-${environment}`,
        'rollout',
        'status',
        'deployment/demo',
        '--timeout=120s',
      );
      if (environment !== 'prod') await cluster.poe('down', environment, '--context', 'real');
    }
    console.log(`${admitted} objects admitted`);
    expect(admitted).toBeGreaterThanOrEqual(24);
    expect((await cluster.succeeds('kubectl', 'get', 'namespaces')).match(/^demo-\w+/gm)).toEqual(['demo-prod']);
    expect((await pods()).map(({ node }) => node).sort()).toEqual(['a', 'b']);
  },
  5,
);

testWith(
  part,
  'an update to another image, by its digest, fails no request',
  async () => {
    const second = await cluster.byDigest('second');
    const cwd = path.join(repository.folder, 'infra/environments/prod');
    expect(await repository.run('kustomize', ['edit', 'set', 'image', `service=${second}`], { cwd })).toMatchObject({
      exitCode: 0,
    });
    const seen = await cluster.traffic('rolling update', async () => {
      await cluster.poe('up', 'prod', '--context', 'real');
      expect((await pods()).map((pod) => pod.image)).toEqual([second, second]);
    });
    expect(seen.failed).toEqual({});
    expect(seen.right).toBeGreaterThan(1000);
  },
  5,
);

testWith(
  part,
  'a bundle goes from dev to staging by its digest; broken, killed in the middle or twice, it changes nothing for its users',
  async () => {
    expect(await repository.generate('--level', '3', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    await cluster.poe('bundle');
    Object.assign(repository.env, {
      DS_DEVOPS_KUBE_CONTEXT: 'real',
      DS_DEVOPS_IMAGE: await cluster.byDigest('unbuilt'),
    });
    const pytest = ['uv', 'run', '--quiet', 'pytest', '-q', 'tests/delivery/test_cluster.py'];
    const said = await cluster.succeeds('in-cluster', 'env', `PATH=${repository.env.PATH}`, ...pytest);
    expect(said).toMatch(/\b9 passed in /);
  },
  6,
);

testWith(
  part,
  'one node drained after the other fails no request either: the budget lets one pod go at a time',
  async () => {
    const drain = (node: string) =>
      cluster.kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=150s');
    const seen = await cluster.traffic('drains', async () => {
      await drain('a');
      expect((await pods()).map(({ node }) => node)).toEqual(['b', 'b']);
      await cluster.kubectl('uncordon', 'a');
      expect(await drain('b')).toMatch(/disruption budget/);
      expect((await pods()).map(({ node }) => node)).toEqual(['a', 'a']);
    });
    expect(seen.failed).toEqual({});
    expect(seen.right).toBeGreaterThan(1000);
  },
  6,
);

testWith(
  part,
  'poe up leaves the image that was delivered, unless it is told to bring back the one of the overlay',
  async () => {
    const second = await cluster.byDigest('second');
    expect(await cluster.deliver('dev', second)).toMatchObject({ exitCode: 0 });
    const up = (...more: string[]) => cluster.poe('up', 'dev', '--context', 'real', ...more);
    const serving = () =>
      cluster.succeeds('kubectl', '--namespace=demo-dev', 'get', 'deployment/demo', '--output=jsonpath={..image}');
    expect(await up()).toMatch(`the image that was delivered stays: ${second}\n`);
    expect(await serving()).toBe(second);
    await up('--overlay-image');
    expect(await serving()).toBe(`${image}:unbuilt`);
    await cluster.poe('down', 'dev', '--context', 'real');
  },
  5,
);

const rollouts = 'missing' in part ? part : await realPart('rollouts', 'up');
const ledger = () => fs.readFile(path.join(repository.folder, 'releases/ledger.jsonl'), 'utf8');
const released = async () => /"digest":"(\w+)"/.exec(await ledger())?.[1] as string;

testWith(
  rollouts,
  'the real Argo Rollouts takes a good release all the way and aborts a bad one, as a real Prometheus sees them',
  async () => {
    // With the monitoring and the autoscaler that come later: the API server takes these objects too.
    await cluster.releasable(rollouts);
    expect(await cluster.release('unbuilt')).toMatchObject({ exitCode: 0 }); // the Deployment becomes a Rollout
    const good = await cluster.traffic(
      'canary',
      async () => {
        await cluster.killedAt('5 %', await cluster.byDigest('second'));
        expect(await cluster.release('second')).toMatchObject({
          exitCode: 0,
          said: expect.stringMatching(/^5 %\n25 %\n50 %\n/m),
        });
      },
      4,
    );
    expect(good.failed).toEqual({});
    const digest = await released();
    const caught = await cluster.traffic(
      'bad canary',
      async () => {
        const { exitCode, said } = await cluster.release('bad', 'canary', digest);
        expect(exitCode).toBe(1);
        expect(said).toMatch(/stopped by the gate fails: Failed, \[\d/);
        expect(said).not.toMatch(/^50 %$/m);
      },
      4,
    );
    const failed = Object.values(caught.failed).reduce((sum, count) => sum + count, 0);
    expect(failed).toBeGreaterThan(0);
    expect(failed / (failed + caught.right)).toBeLessThan(0.25);
    const { items } = JSON.parse(await cluster.kubectl('get', 'pods', '--output=json')) as {
      readonly items: readonly Pod[];
    };
    const serving = items.filter(({ metadata }) => !metadata.deletionTimestamp);
    const second = await cluster.byDigest('second');
    expect(serving.map(({ spec }) => spec.containers[0].image)).toEqual([second, second, second, second]);
    expect((await ledger()).match(/"kind":"\w+"/g)?.slice(-4)).toEqual(
      ['deployment', 'deployment', 'deployment', 'rollback'].map((kind) => `"kind":"${kind}"`),
    );
    expect(
      (await cluster.traffic('after it', () => new Promise((resolve) => setTimeout(resolve, 3000)), 4)).failed,
    ).toEqual({});
  },
  10,
);

testWith(
  rollouts,
  'a slow release is stopped by the gate that is about that, and one that nobody asks is not taken for a good one',
  async () => {
    const slow = await cluster.traffic(
      'slow canary',
      async () => {
        const { exitCode, said } = await cluster.release('slow', 'canary', await released());
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
    await cluster.repository.edit('tasks/release/analysis.py', [
      'STEP_LIMIT_SECONDS = 10, 600',
      'STEP_LIMIT_SECONDS = 10, 10',
    ]);
    await cluster.poe('canary-rules');
    // Other pods than those that served this image just now: the gates look back over minutes.
    await cluster.repository.edit('infra/base/deployment.yaml', [
      /terminationGracePeriodSeconds: \d+/,
      'terminationGracePeriodSeconds: 46',
    ]);
    const { exitCode, said } = await cluster.release('unbuilt', 'canary', await released());
    expect([exitCode, said]).toEqual([1, expect.stringMatching(/stopped by the gate \S+: Inconclusive/)]);
    expect(said).not.toMatch(/^25 %$/m);
    expect((await ledger()).match(/"kind":"\w+"/g)?.slice(-2)).toEqual(['"kind":"deployment"', '"kind":"rollback"']);
  },
  5,
);
