import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import fs from 'fs-extra';
import { RealCluster } from '../support/cluster.ts';
import { environmentOf, realPart, testWith } from '../support/real.ts';

const cluster = await RealCluster.up(['unbuilt']);
const rollouts = 'missing' in cluster.part ? cluster.part : await realPart('rollouts', 'up');
const metrics = 'missing' in rollouts ? rollouts : await realPart('metrics', 'up');

afterAll(() => cluster.down(), 60_000);

/** What a replica bears that uses a twentieth of a core at its best, and 300 requests/s of which are to be expected. */
const measured = {
  ...{ schema: 1, model: '', machine: {}, rows_per_request: 1, echo_requests_per_second: 3000 },
  ...{ memory_mib: 160, ended: '' },
  points: [1, 2, 4, 8, 16, 32, 64, 128].map((concurrency) => ({
    ...{ concurrency, failed: {}, p50_ms: 10, p99_ms: 20, service_cores: 0.05, generator_cores: 0.1 },
    ...{ seconds: 2, answered: 1000, requests_per_second: (60 * concurrency) / (1 + 0.5 * (concurrency - 1)) },
  })),
};

const replicas = async () =>
  Number(await cluster.kubectl('get', 'rollouts.argoproj.io/demo', '--output=jsonpath={.spec.replicas}'));

/** Waits until the autoscaler has chosen a count of replicas. */
async function become(enough: (count: number) => boolean): Promise<void> {
  const start = Date.now();
  while (!enough(await replicas())) {
    if (Date.now() > start + 150_000) throw new Error(await cluster.kubectl('describe', 'hpa/demo'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  console.log(`${await replicas()} replicas after ${(Date.now() - start) / 1000} s`);
}

testWith(
  metrics,
  'the autoscaler follows from what was measured, and real load scales the Rollout up and down again without a failed request',
  async () => {
    await cluster.releasable(rollouts);
    expect(await cluster.release('unbuilt')).toMatchObject({ exitCode: 0 });
    await fs.outputJson(path.join(cluster.repository.folder, 'capacity/measurement.json'), measured);
    await cluster.repository.edit(
      'capacity/policy.yaml',
      [/^headroom: .*$/m, 'headroom: 0.4'],
      [/^resting_share: .*$/m, 'resting_share: 0.1'],
    );
    await cluster.repository.edit('slo.yaml', [/peak_requests_per_second: \d+/, 'peak_requests_per_second: 300']);
    await cluster.poe('capacity', '--derive');
    await cluster.poe('scale', 'prod');
    // Five minutes of calm before it scales down are no matter of this proof.
    await cluster.repository.edit('infra/autoscaler/autoscaler.yaml', [
      'stabilizationWindowSeconds: 300',
      'stabilizationWindowSeconds: 30',
    ]);
    expect(await cluster.poe('up', 'prod', '--context', 'real')).toMatch('the image that was delivered stays');
    expect(await replicas()).toBe(4);
    const { SYNCS } = environmentOf(metrics, '');
    const seen = path.resolve('test/real/autoscaling.py');
    const watching = cluster.inside([
      ...[cluster.python, seen, String(cluster.repository.env.KUBECONFIG)],
      ...['demo-prod', 'demo', String(SYNCS)],
    ]);
    const more = await cluster.traffic('load', () => become((count) => count > 4), 32);
    const less = await cluster.traffic('less', () => become((count) => count === 4), 1);
    watching.stdin.end();
    const { stdout, stderr } = await watching;
    console.log(`${stdout}\n${stderr}`);
    expect([more.failed, less.failed]).toEqual([{}, {}]);
    const steps = JSON.parse(stdout) as readonly number[][];
    expect(steps.length).toBeGreaterThan(6);
    const off = steps.map(([, , , , , real, simulated]) => Math.abs(Number(real) - Number(simulated)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
  },
  8,
);
