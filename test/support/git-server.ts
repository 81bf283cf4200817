import { spawn } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { execa } from 'execa';
import fs from 'fs-extra';

/** A real git server on loopback: git's own `http-backend` behind Node's HTTP. */
export interface GitServer {
  readonly url: string;
  /** How often it was asked for anything. */
  readonly asked: () => number;
  readonly stop: () => Promise<void>;
}

/** @param user `name:password`, without which nothing is handed out. */
export async function serveGit(root: string, user?: string): Promise<GitServer> {
  let asked = 0;
  const server = http.createServer((request, response) => {
    asked += 1;
    if (user && request.headers.authorization !== `Basic ${Buffer.from(user).toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="packs"' }).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
    const header = (name: string) => String(request.headers[name] ?? '');
    const backend = spawn('git', ['http-backend'], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: header('git-protocol'),
        HTTP_CONTENT_ENCODING: header('content-encoding'),
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: header('content-type'),
        CONTENT_LENGTH: header('content-length'),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    backend.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all.toString('latin1', 0, end).split('\r\n');
      for (const each of headers) {
        const [name = '', value = ''] = each.split(/: (.*)/s);
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(all.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, stop };
}

/** A git repository that a test writes into. */
export class GitRepository {
  readonly folder: string;
  private constructor(folder: string) {
    this.folder = folder;
  }

  static async in(folder: string): Promise<GitRepository> {
    await fs.mkdirp(folder);
    const repository = new GitRepository(folder);
    await repository.git('init', '--quiet', '--initial-branch=main', '.');
    return repository;
  }

  async git(...args: string[]): Promise<string> {
    const own = ['user.name=test', 'user.email=test@example.org', 'commit.gpgSign=false', `core.hooksPath=/dev/null`];
    const { stdout } = await execa('git', [...own.flatMap((each) => ['-c', each]), ...args], { cwd: this.folder });
    return stdout;
  }

  /** Commits these files alone, under a tag if one is given; the commit. */
  async commit(files: Record<string, string>, tag?: string): Promise<string> {
    await this.git('rm', '-r', '-f', '--quiet', '--ignore-unmatch', '.');
    for (const [file, text] of Object.entries(files)) await fs.outputFile(path.join(this.folder, file), text);
    await this.git('add', '--all', '.');
    return this.commitStaged(tag);
  }

  async commitStaged(tag?: string): Promise<string> {
    await this.git('commit', '--quiet', '--allow-empty', '--message', 'a version');
    if (tag) await this.git('tag', '--force', tag);
    return this.git('rev-parse', 'HEAD');
  }
}
