import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { execa, type Options } from 'execa';
import fs from 'fs-extra';
import { freePort } from './port.ts';
import { pathWithGoTools, pathWithUv } from './uv.ts';

/** What an emitted repository's `poe verify` said. */
export interface Verified {
  readonly exitCode: number | undefined;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

/** An emitted repository with the programs that a person has on a laptop. */
export class Repository {
  readonly folder: string;
  readonly env: Record<string, string>;

  private constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.env = env;
  }

  /** @param goTools programs for `go install`, e.g. `github.com/rhysd/actionlint/cmd/actionlint@v1.7.12`. */
  static async at(folder: string, goTools: readonly string[] = []): Promise<Repository> {
    const tools = await pathWithGoTools(goTools);
    const path = await pathWithUv();
    return new Repository(folder, { PATH: 'path' in tools ? `${tools.path}:${path}` : path });
  }

  /** One that is generated into the folder, installed, and its example trained. @throws Error with the output where that fails. */
  static async generated(folder: string, ...flags: string[]): Promise<Repository> {
    const repository = await Repository.at(folder);
    const { exitCode, all } = await repository.generate(...flags);
    if (exitCode !== 0) throw new Error(String(all));
    return repository;
  }

  /** Generates from the checkout as the README says, installation included. */
  async generate(...flags: string[]) {
    return this.run('npm', ['start', '--silent', '--', this.folder, '--yes', ...flags], { cwd: path.resolve('.') });
  }

  run(program: string, args: readonly string[], options: Options = {}) {
    return execa(program, args, {
      cwd: this.folder,
      reject: false,
      all: true,
      stdin: 'ignore',
      ...options,
      env: { ...this.env, VIRTUAL_ENV: undefined, npm_lifecycle_event: undefined, ...options.env },
    } as Options & { all: true });
  }

  /** Changes a file, in which each text or pattern is found. */
  async edit(file: string, ...pairs: readonly (readonly [RegExp | string, string])[]): Promise<void> {
    const place = path.join(this.folder, file);
    let text = await fs.readFile(place, 'utf8');
    for (const [before, after] of pairs) {
      expect(text).toMatch(before);
      text = text.replace(before, after);
    }
    await fs.writeFile(place, text);
  }

  poe(...args: string[]) {
    return this.run('uv', ['run', '--quiet', 'poe', '--quiet', ...args]);
  }

  /** Runs `poe verify` as the repository's own CI does: a skip that is not on its short list counts as a failure. */
  async verify(task = 'verify'): Promise<Verified> {
    const { exitCode, all } = await this.run('uv', ['run', '--quiet', 'poe', '--quiet', task], { env: { CI: 'true' } });
    const output = String(all);
    const line = /(?:^|\n)(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(output.trimEnd());
    const [passed, failed, skipped] = (line?.slice(1) ?? [0, Number.NaN, 0]).map(Number) as [number, number, number];
    return { exitCode, passed, failed, skipped, output };
  }

  /** Serves the model on a free port while `ask` runs, and ends the server after it. */
  async served<T>(ask: (url: string) => Promise<T>): Promise<T> {
    const port = await freePort();
    const server = execa('uv', ['run', '--quiet', 'poe', '--quiet', 'serve', '--port', String(port)], {
      cwd: this.folder,
      env: this.env,
      reject: false,
      all: true,
      stdin: 'ignore',
    });
    const url = `http://127.0.0.1:${port}`;
    let ended = false;
    server.then(() => {
      ended = true;
    });
    try {
      for (let wait = 0; wait < 300; wait += 1) {
        const ready = await fetch(`${url}/v2/health/ready`).catch(() => undefined);
        if (ready?.ok) return await ask(url);
        if (ended) break;
        await sleep(100);
      }
      server.kill('SIGTERM');
      throw new Error(`the service was not ready: ${(await server).all}`);
    } finally {
      server.kill('SIGTERM');
      await server;
    }
  }
}

/** The SHA-256 digest that a repository's manifest gives its model. */
export const manifestDigest = async (folder: string): Promise<string> =>
  (await fs.readJson(path.join(folder, 'model/manifest.json'))).sha256;
