import path from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from './emitted.ts';
import { environmentOf, type Part, realPart } from './real.ts';
import { scratchFolder } from './scratch.ts';

export const image = 'registry.example.com/demo';
const pause = 'ds-devops-pause:local';
/** Within the cluster's network, to which the pods' ports are forwarded. */
const context = ['--context', 'real'];

export interface Pod {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string; readonly containers: readonly [{ readonly image: string }] };
}

export interface Traffic {
  readonly right: number;
  readonly failed: Readonly<Record<string, number>>;
}

/** A cluster of two nodes that has images of an emitted repository, and what one does with both. There is one at a time. */
export class RealCluster {
  readonly folder: string;
  readonly repository: Repository;
  /** The cluster, or why this machine cannot have it. */
  readonly part: Part;

  private constructor(folder: string, repository: Repository, part: Part) {
    this.folder = folder;
    this.repository = repository;
    this.part = part;
  }

  /**
   * Starts it.
   * @param tags of the images, which differ in nothing else
   * @param spoilt by its tag, Python that an image of the last of the tags runs when it starts
   */
  static async up(tags: readonly string[], spoilt: Readonly<Record<string, string>> = {}): Promise<RealCluster> {
    const folder = await scratchFolder();
    const kustomize = 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1';
    const repository = await Repository.at(path.join(folder, 'demo'), [kustomize]);
    return new RealCluster(
      folder,
      repository,
      await started(repository, path.join(folder, 'images.tar'), tags, spoilt),
    );
  }

  /** Ends it, with all that runs in it. */
  async down(): Promise<void> {
    await realPart('cluster', 'down');
  }

  /** Runs a program in the repository. @returns what it printed @throws Error where it fails */
  async succeeds(program: string, ...args: string[]): Promise<string> {
    const { exitCode, all } = await this.repository.run(program, args);
    if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')}: ${all}`);
    return String(all);
  }

  /** Asks the cluster about prod. */
  kubectl(...args: string[]): Promise<string> {
    return this.succeeds('kubectl', '--namespace=demo-prod', ...args);
  }

  /** Runs a task of the repository. */
  poe(...args: string[]): Promise<string> {
    return this.succeeds('uv', 'run', '--quiet', 'poe', '-q', ...args);
  }

  /** The name by digest of the image with the tag. */
  async byDigest(tag: string): Promise<string> {
    const names = await fs.readFile(String(this.repository.env.IMAGES), 'utf8');
    return new RegExp(`^\\S+:${tag} (\\S+)$`, 'm').exec(names)?.[1] as string;
  }

  /** What clients got from prod's Service while something happened to its pods. */
  async traffic(name: string, happens: () => Promise<void>, count = 16): Promise<Traffic> {
    const address = await this.kubectl('get', 'service/demo', '--output=jsonpath={.spec.clusterIP}');
    const command = [this.python, path.resolve('test/real/traffic.py')];
    const clients = this.inside([...command, `http://${address}`, String(count)]);
    const start = Date.now();
    await happens().finally(() => clients.stdin.end());
    const { stdout, stderr } = await clients;
    console.log(`${name}: ${stdout} in ${(Date.now() - start) / 1000} s\n${stderr}`);
    return JSON.parse(stdout || JSON.stringify(stderr));
  }

  /** The repository's own Python. */
  get python(): string {
    return path.join(this.repository.folder, '.venv/bin/python');
  }

  /** Starts a program within the cluster's network. */
  inside(command: readonly string[]) {
    const { folder, env } = this.repository;
    const program = ['env', `PATH=${env.PATH}`, `PYTHONPATH=${folder}`, ...command];
    return execa('in-cluster', program, { cwd: folder, env, reject: false });
  }

  /** Delivers an image with a task of the repository, from within the cluster's network. */
  deliver(environment: string, named: string, ...task: string[]) {
    const poe = ['uv', 'run', '--quiet', 'poe', '-q', ...(task.length > 0 ? task : ['deliver'])];
    const where = ['--to', environment, ...context, '--image', named];
    return this.repository.run('in-cluster', ['env', `PATH=${this.repository.env.PATH}`, ...poe, ...where]);
  }

  /** Begins a delivery to prod, and kills it once it has said so much. */
  async killedAt(line: string, named: string): Promise<void> {
    const where = ['--to', 'prod', ...context, '--image', named];
    const delivery = this.inside([this.python, '-m', 'tasks.delivery.deliver', ...where]);
    for await (const said of delivery) if (said === line) delivery.kill('SIGKILL');
    expect((await delivery).signal).toBe('SIGKILL');
  }

  /**
   * Makes a release for prod of what was emitted with level 6, whose gates ask the Prometheus of the part.
   * Two cores serve, scrape and ask here, so that the objective for latency is another one.
   */
  async releasable(rollouts: Part): Promise<void> {
    expect(await this.repository.generate('--level', '6', '--target', 'kubernetes')).toMatchObject({ exitCode: 0 });
    Object.assign(this.repository.env, {
      DS_DEVOPS_KUBE_CONTEXT: 'real',
      RELEASE_KEY: path.join(this.folder, 'key.pem'),
    });
    const { PROMETHEUS } = environmentOf(rollouts, '');
    await this.repository.edit('infra/canary/kustomization.yaml', [
      'http://prometheus-server.monitoring',
      String(PROMETHEUS),
    ]);
    await this.repository.edit('slo.yaml', ['p99_ms: 50', 'p99_ms: 1000']);
    await this.repository.edit('releases/policy.yaml', [/freezes: .*\n.*\n/, 'freezes: []\n']);
    for (const task of ['canary-rules', 'keys', 'bundle', 'release', 'approve']) await this.poe(task);
  }

  /** Takes an image to prod. */
  async release(tag: string, ...task: string[]) {
    const start = Date.now();
    const { exitCode, all } = await this.deliver('prod', await this.byDigest(tag), ...task);
    console.log(`${tag}: exit code ${exitCode} in ${(Date.now() - start) / 1000} s\n${all}`);
    return { exitCode, said: String(all) };
  }
}

async function started(
  repository: Repository,
  saved: string,
  tags: readonly string[],
  spoilt: Readonly<Record<string, string>>,
): Promise<Part> {
  const engine = await realPart('engine', 'up');
  if ('missing' in engine) return engine;
  try {
    const generated = await repository.generate('--level', '1', '--target', 'kubernetes');
    if (generated.exitCode !== 0) throw new Error(String(generated.all));
    const env = environmentOf(engine, String(repository.env.PATH));
    const docker = (args: readonly string[], input = '') =>
      execa('docker', args, { cwd: repository.folder, env, input });
    const base = env.BASE_IMAGE ? ['--build-arg', 'BASE_IMAGE'] : [];
    for (const tag of tags)
      await docker(['build', '--quiet', ...base, '--build-arg', `REVISION=${tag}`, '--tag', `${image}:${tag}`, '.']);
    const [sound] = tags.slice(-1);
    // What holds the namespaces of a pod has to wait, no more.
    await docker(['build', '--quiet', '--tag', pause, '-'], `FROM ${image}:${sound}\nCMD ["sleep", "infinity"]\n`);
    for (const [tag, does] of Object.entries(spoilt)) {
      const written = ['python', '-c', `open("/app/src/sitecustomize.py", "w").write(${JSON.stringify(does)})`];
      const how = `FROM ${image}:${sound}\nUSER 0\nRUN ${JSON.stringify(written)}\nUSER 10001:10001\n`;
      await docker(['build', '--quiet', '--tag', `${image}:${tag}`, '-'], how);
    }
    const images = [...[...tags, ...Object.keys(spoilt)].map((tag) => `${image}:${tag}`), pause];
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
