import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import fs from 'fs-extra';
import { freePort } from './port.ts';

/** A registry's program that is too much to be a dependency: installed once, beside other programs of the tests. */
const verdaccio = { version: '6.10.4', folder: path.resolve('node_modules/.cache/ds-devops/verdaccio-6.10.4') };

async function installed(): Promise<{ program: string } | { missing: string }> {
  const program = path.join(verdaccio.folder, 'node_modules/verdaccio/bin/verdaccio');
  if (await fs.pathExists(program)) return { program };
  const making = `${verdaccio.folder}-${process.pid}`;
  // One of its parts asks for a tag of node-fetch that not every registry has.
  await fs.outputJson(path.join(making, 'package.json'), { private: true, overrides: { 'node-fetch': '2.7.0' } });
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--fetch-retries=1'];
  const { failed, all } = await execa('npm', ['install', ...options, `verdaccio@${verdaccio.version}`], {
    cwd: making,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  if (failed) {
    await fs.remove(making);
    return { missing: `npm install verdaccio failed: ${String(all).split('\n')[0]}` };
  }
  // Another test file may have been faster; its result is as good.
  await fs.move(making, verdaccio.folder).catch(() => fs.remove(making));
  return { program };
}

/** A real npm registry on loopback that hands `@acme/` out to whoever has its token. */
export interface Registry {
  readonly url: string;
  readonly token: string;
  /** Where it keeps the packages. */
  readonly storage: string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param folder an empty one, for all that it keeps. */
export async function npmRegistry(folder: string): Promise<Registry | { missing: string }> {
  const found = await installed();
  if ('missing' in found) return found;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const storage = path.join(folder, 'storage');
  const config = path.join(folder, 'config.yaml');
  await fs.outputJson(config, {
    storage,
    auth: { htpasswd: { file: path.join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '**': { access: '$authenticated', publish: '$authenticated', unpublish: '$authenticated' } },
    log: { type: 'file', path: path.join(folder, 'log'), level: 'warn', format: 'json' },
  });
  let server: ReturnType<typeof serve> | undefined;
  const serve = () =>
    execa('node', [found.program, '--config', config, '--listen', `127.0.0.1:${port}`], {
      reject: false,
      stdio: 'ignore',
    });
  const start = async () => {
    server = serve();
    for (let wait = 0; wait < 300; wait += 1) {
      if ((await fetch(`${url}-/ping`).catch(() => undefined))?.ok) return;
      await sleep(100);
    }
    throw new Error(`verdaccio does not answer: ${await fs.readFile(path.join(folder, 'log'), 'utf8')}`);
  };
  const stop = async () => {
    server?.kill();
    await server;
  };
  await start();
  const signedUp = await fetch(`${url}-/user/org.couchdb.user:someone`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'someone', password: 'secret-word' }),
  });
  const { token } = (await signedUp.json()) as { token: string };
  return { url, token, storage, start, stop };
}
