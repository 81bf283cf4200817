import { createHash } from 'node:crypto';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';
import { npmRegistry, type Registry } from '../support/npm-registry.ts';
import { scratchFolder } from '../support/scratch.ts';
import { tarOf } from '../support/tar.ts';

const variables = ['DS_DEVOPS_CACHE', 'npm_config_cache', 'npm_config_userconfig'];
const before = variables.map((name) => [name, process.env[name]] as const);
const scratch = await scratchFolder();
const found = await npmRegistry(scratch);
const missing = 'missing' in found && found.missing;
const registry = found as Registry;
let made = 0;

afterAll(async () => {
  if (!missing) await registry.stop();
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
beforeEach(async () => {
  made += 1;
  process.env.DS_DEVOPS_CACHE = path.join(scratch, `cache-${made}`);
  process.env.npm_config_cache = path.join(scratch, `npm-${made}`);
  if (!missing) await signedIn();
});

/** What a person has in their own `.npmrc`. */
async function signedIn(token = registry.token): Promise<void> {
  const file = path.join(scratch, `npmrc-${made}`);
  process.env.npm_config_userconfig = file;
  const auth = token ? `${registry.url.replace('http:', '')}:_authToken=${token}\n` : '';
  await fs.writeFile(file, `@acme:registry=${registry.url}\n${auth}`);
}
const emptyCaches = async () => {
  for (const name of ['DS_DEVOPS_CACHE', 'npm_config_cache']) await fs.emptyDir(process.env[name] as string);
};

const proof = (name: string, run: () => Promise<void>) =>
  (missing ? test.skip : test)(`${name}${missing ? ` (${missing})` : ''}`, run, 60_000);

type Files = Record<string, string>;
const packName = () => `@acme/pack-${made}`;
async function publish(version: string, files: Files, scripts: Record<string, string> = {}, packed = version) {
  const folder = await newFolder('package');
  await writeFiles(folder, {
    'package.json': JSON.stringify({ name: packName(), version, files: ['pack.yaml', '[0-6]-*/**'], scripts }),
    'pack.yaml': `name: acme\nversion: ${packed}\n`,
    ...files,
  });
  await execa('npm', ['publish', '--silent', '--ignore-scripts', '--tag=latest'], { cwd: folder });
}
const unpublish = (version: string) =>
  execa('npm', ['unpublish', '--silent', '--force', `${packName()}@${version}`], { cwd: scratch });

const done = async (folder: string, argv: string) => {
  const ran = await command(folder, argv);
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  return ran;
};
/** What is said in the one line of a run that is refused and has changed nothing. */
async function refused(folder: string, argv: string): Promise<string> {
  const held = await snapshot(folder);
  const { code, out, err } = await command(folder, argv);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^ds-devops: [^\n]+\n$/);
  expect(await snapshot(folder)).toEqual(held);
  return err.slice('ds-devops: '.length, -1).replaceAll(packName(), '<pack>');
}
const read = (folder: string, file: string) => fs.readFile(path.join(folder, file), 'utf8');

proof('a package of a private registry: signed in, trusted, pinned, and without a network from then on', async () => {
  await publish(
    '1.0.0',
    { '0-service/a.txt': 'one\n', '1-infrastructure/b.txt': 'b\n' },
    { prepare: `touch ${scratch}/ran`, install: `touch ${scratch}/ran` },
  );
  await publish('1.1.0', { '0-service/a.txt': 'newer\n' });
  const folder = await newFolder();
  await signedIn('');
  expect(await refused(folder, `--yes --trust --level 0 --pack npm:${packName()}@1.0`)).toMatch(
    /^npm:<pack>@1\.0 cannot be had: npm says "E40[13]: /,
  );
  await signedIn();
  // What a repository says about registries is nothing to us.
  await fs.writeFile(path.join(folder, '.npmrc'), '@acme:registry=http://127.0.0.1:9/\n');
  expect(await refused(folder, `--yes --level 0 --pack npm:${packName()}@1.0`)).toMatch(
    /^the pack acme 1\.0\.0 from npm:<pack> is new .*: add --trust/,
  );
  // Nor is what the person has set for packing their own.
  const settings = process.env.npm_config_userconfig as string;
  await fs.appendFile(settings, `pack-destination=${scratch}/elsewhere\ndry-run=true\n`);
  await done(folder, `--yes --level 0 --trust --pack npm:${packName()}@1.0`);
  expect(await read(folder, 'a.txt')).toBe('one\n');
  const { packs } = await fs.readJson(path.join(folder, '.ds-devops.lock.json'));
  const { stdout } = await execa('npm', ['view', `${packName()}@1.0.0`, 'dist.integrity'], { cwd: scratch });
  expect(packs.acme).toEqual({
    version: '1.0.0',
    integrity: expect.stringMatching(/^[0-9a-f]{64}$/),
    source: `npm:${packName()}`,
    resolved: stdout.trim(),
  });
  await registry.stop();
  try {
    await fs.emptyDir(process.env.npm_config_cache as string);
    await done(folder, '--level 1');
    expect(await read(folder, 'b.txt')).toBe('b\n');
    expect(await refused(folder, `--pack npm:${packName()}@1`)).toMatch(
      /^npm:<pack>@1 cannot be had: npm says ".*ECONNREFUSED.*"; without --pack the repository stays with the version that it has$/,
    );
    await emptyCaches();
    expect(await refused(folder, '')).toMatch(
      /^the pack acme 1\.0\.0, which this repository has: npm:<pack>@1\.0\.0 cannot be had: npm says .*; give another with --pack REF, or take it away with --drop-pack acme$/,
    );
  } finally {
    await registry.start();
  }
  await done(folder, '--check');
  const { out } = await done(folder, `--pack npm:${packName()}@1`);
  expect(out).toContain('the pack acme is 1.1.0 now; it was 1.0.0\n');
  expect(await read(folder, 'a.txt')).toBe('newer\n');
  expect(await fs.pathExists(path.join(folder, 'b.txt'))).toBe(false);
  expect(await fs.pathExists(path.join(scratch, 'ran'))).toBe(false);
});

proof('a version with other content than before is refused, given or pinned, and so is one that is gone', async () => {
  await publish('1.0.0', { '0-service/a.txt': 'one\n' });
  await publish('1.0.1', { '0-service/a.txt': 'one\n' });
  const folder = await newFolder();
  await done(folder, `--yes --level 0 --trust --pack npm:${packName()}@1.0.0`);
  await unpublish('1.0.0');
  await emptyCaches();
  expect(await refused(folder, '')).toMatch(
    /^the pack acme 1\.0\.0, which this repository has: npm:<pack>@1\.0\.0 cannot be had: npm says "ETARGET: /,
  );
  await publish('1.0.0', { '0-service/a.txt': 'tampered\n' });
  expect(await refused(folder, `--pack npm:${packName()}@1.0.0`)).toMatch(
    /^npm:<pack>@1\.0\.0 has other content than before under the same version, 1\.0\.0: /,
  );
  await emptyCaches();
  expect(await refused(folder, '')).toMatch(
    /^the pack acme 1\.0\.0 of npm:<pack> has other content now than the lock says \(sha512-/,
  );
  await done(folder, `--pack npm:${packName()}@1.0.1`);
});

proof('an archive that was changed on its way is refused', async () => {
  await publish('1.0.0', { '0-service/a.txt': 'one\n' });
  const archive = path.join(registry.storage, packName(), `${path.basename(packName())}-1.0.0.tgz`);
  await fs.writeFile(archive, gzipSync(tarOf([{ path: 'package/package.json', content: '{}' }])));
  expect(await refused(await newFolder(), `--yes --level 0 --trust --pack npm:${packName()}`)).toMatch(
    /^npm:<pack>@latest cannot be had: npm says "EINTEGRITY: sha512/,
  );
});

proof('a package whose two versions differ, one that is no pack, and one that there is not', async () => {
  await publish('1.0.0', {}, {}, '2.0.0');
  const said = async (ref: string) => refused(await newFolder(), `--yes --level 0 --trust --pack npm:${ref}`);
  expect(await said(packName())).toBe(
    'npm:<pack> is 1.0.0 by its package.json and 2.0.0 by its pack.yaml: its author has to make them the same',
  );
  await publish('1.0.1', { 'pack.yaml': 'nam: acme\n' });
  expect(await said(packName())).toMatch(/^npm:<pack>: pack\.yaml:1: /);
  expect(await said(`${packName()}@next`)).toMatch(/^npm:<pack>@next cannot be had: npm says "ETARGET: /);
  expect(await said('@acme/nothing')).toMatch(/cannot be had: npm says "E404: /);
});

proof('an archive that nobody’s npm would pack is refused before anything of it is written', async () => {
  const attach = async (archive: Buffer) => {
    const file = `${path.basename(packName())}-1.0.0.tgz`;
    const dist = {
      integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
      shasum: createHash('sha1').update(archive).digest('hex'),
      tarball: `${registry.url}${packName()}/-/${file}`,
    };
    const { status } = await fetch(`${registry.url}${packName().replace('/', '%2f')}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${registry.token}` },
      body: JSON.stringify({
        _id: packName(),
        name: packName(),
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': { name: packName(), version: '1.0.0', dist } },
        _attachments: {
          [file]: {
            content_type: 'application/octet-stream',
            data: archive.toString('base64'),
            length: archive.length,
          },
        },
      }),
    });
    expect(status).toBe(201);
  };
  const manifests = [
    { path: 'package/package.json', content: JSON.stringify({ name: packName(), version: '1.0.0' }) },
    { path: 'package/pack.yaml', content: 'name: acme\nversion: 1.0.0\n' },
  ];
  const cases: [Buffer, RegExp][] = [
    [
      gzipSync(tarOf([...manifests, { path: 'package/0-service/../../../evil', content: 'x' }])),
      /"0-service\/..\/..\/..\/evil" leads out/,
    ],
    [gzipSync(tarOf([...manifests, { path: '/tmp/evil', content: 'x' }])), /"\/tmp\/evil" leads out/],
    [
      gzipSync(tarOf([...manifests, { path: 'package/0-service/a', type: '2', link: '/etc/passwd' }])),
      /"0-service\/a" is a link/,
    ],
    [
      gzipSync(
        tarOf([...manifests, { path: 'package/0-service/.git/hooks/post-checkout', content: 'x', mode: 0o755 }]),
      ),
      /is git's own/,
    ],
    [
      gzipSync(tarOf([...manifests, { path: 'package/0-service/zeros', content: Buffer.alloc(2 ** 27) }]), {
        level: 1,
      }),
      /is larger than a pack can be/,
    ],
  ];
  for (const [archive, problem] of cases) {
    made += 1;
    await attach(archive);
    const folder = await newFolder();
    expect(await refused(folder, `--yes --level 0 --trust --pack npm:${packName()}`)).toMatch(problem);
    expect(await snapshot(process.env.DS_DEVOPS_CACHE as string)).toEqual({});
  }
});
