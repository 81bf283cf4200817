import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command, person } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';
import { GitRepository, type GitServer, serveGit } from '../support/git-server.ts';
import { scratchFolder } from '../support/scratch.ts';

const manifest = (version: string, more = '') => ({ 'pack.yaml': `name: acme\nversion: ${version}\n${more}` });

let server: GitServer;
let pack: GitRepository;
let scratch: string;
let ref: string;
let made = 0;
beforeAll(async () => {
  scratch = await scratchFolder();
  server = await serveGit(scratch);
});
afterAll(() => server.stop());
beforeEach(async () => {
  made += 1;
  process.env.DS_DEVOPS_CACHE = path.join(scratch, `cache-${made}`);
  pack = await GitRepository.in(path.join(scratch, `pack-${made}`));
  ref = `git+${server.url}/pack-${made}/.git`;
});
const emptyCache = () => fs.remove(process.env.DS_DEVOPS_CACHE as string);

const done = async (folder: string, argv: string) => {
  const ran = await command(folder, argv);
  expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
  return ran;
};
/** What is said in the one line of a run that is refused and has changed nothing. */
async function refused(folder: string, argv: string, options = {}): Promise<string> {
  const before = await snapshot(folder);
  const { code, out, err } = await command(folder, argv, options);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^(Fetching [^\n]+\n)*ds-devops: [^\n]+\n$/);
  expect(await snapshot(folder)).toEqual(before);
  return err.replace(/^.*ds-devops: /s, '').trimEnd();
}
const locked = async (folder: string) => (await fs.readJson(path.join(folder, '.ds-devops.lock.json'))).packs.acme;
const reader = (folder: string) => (file: string) => fs.readFile(path.join(folder, file), 'utf8');

describe('a pack from a git server', () => {
  test('is taken once it is trusted, and pinned by its commit and content', async () => {
    const folder = await newFolder();
    const commit = await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n', 'README.md': '' }, 'v1');
    expect(await refused(folder, `--yes --level 0 --pack ${ref}#v1`)).toBe(
      `the pack acme 1.0.0 from ${ref} is new to this repository, and its templates are code that runs on this machine with your rights: add --trust if you trust it`,
    );
    const no = person('no');
    expect(await refused(folder, `--level 0 --pack ${ref}#v1`, no)).toMatch(/#v1 is not used$/);
    expect(no.asked[0]?.message).toMatch(/^the pack acme 1\.0\.0 from git\+http.* code that runs .*Do you trust it\?$/);
    const yes = await command(
      folder,
      `--level 0 --name demo --target local --ci github --pack ${ref}#v1`,
      person('yes'),
    );
    expect(yes.code).toBe(0);
    expect(await reader(folder)('a.txt')).toBe('one\n');
    expect(await locked(folder)).toEqual({
      version: '1.0.0',
      integrity: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: ref,
      resolved: commit,
    });
    const stored = await fs.readJson(path.join(folder, '.yo-rc.json'));
    expect(stored['generator-ds-devops'].packs).toEqual([{ name: 'acme', from: `${ref}#v1` }]);
  });

  test('needs no network again, and stays where it was until it is given again', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n', '1-infrastructure/b.txt': 'one\n2\n3\n4\n' });
    await done(folder, `--yes --trust --level 0 --pack ${ref}#main`);
    await pack.commit({ ...manifest('2.0.0'), '0-service/a.txt': 'two\n', '1-infrastructure/b.txt': 'two\n2\n3\n4\n' });
    const asked = server.asked();
    await done(folder, '--level 1');
    expect((await command(folder, '--check')).code).toBe(0);
    expect(server.asked()).toBe(asked);
    expect(await reader(folder)('b.txt')).toBe('one\n2\n3\n4\n');
    await fs.appendFile(path.join(folder, 'b.txt'), 'mine\n');
    const { out } = await done(folder, `--pack ${ref}#main`);
    expect(out).toContain('the pack acme is 2.0.0 now; it was 1.0.0\n');
    expect(await reader(folder)('a.txt')).toBe('two\n');
    expect(await reader(folder)('b.txt')).toBe('two\n2\n3\n4\nmine\n');
  });

  test('is fetched as it was where the cache has nothing of it, or something else', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n', '1-infrastructure/b.txt': 'one\n' });
    await done(folder, `--yes --trust --level 0 --pack ${ref}`);
    await pack.commit({ ...manifest('2.0.0'), '0-service/a.txt': 'two\n' });
    await emptyCache();
    await done(folder, '--level 1');
    expect(await reader(folder)('b.txt')).toBe('one\n');
    const cache = path.join(process.env.DS_DEVOPS_CACHE as string, 'packs');
    // What a run that was killed the day before yesterday has left goes; that of another run stays.
    for (const [name, age] of Object.entries({ old: 48, new: 1 })) {
      const left = path.join(cache, `.fetching-${name}`);
      await fs.outputFile(path.join(left, 'file'), '');
      const time = Date.now() / 1000 - age * 3600;
      await fs.utimes(left, time, time);
    }
    const entries = (await fs.readdir(cache)).filter((name) => !name.startsWith('.'));
    expect(entries).toEqual([expect.stringMatching(/^acme-1\.0\.0-[0-9a-f]{64}$/)]);
    await fs.writeFile(path.join(cache, String(entries[0]), '0-service/a.txt'), 'tampered\n');
    expect((await command(folder, '--check')).code).toBe(0);
    expect(await reader(folder)('a.txt')).toBe('one\n');
    // A link may lead to where others can write: what is kept is a folder again.
    const entry = path.join(cache, String(entries[0]));
    await fs.move(entry, path.join(scratch, `elsewhere-${made}`));
    await fs.symlink(path.join(scratch, `elsewhere-${made}`), entry);
    expect((await command(folder, '--check')).code).toBe(0);
    expect((await fs.lstat(entry)).isDirectory()).toBe(true);
    expect((await fs.readdir(cache)).filter((name) => name.startsWith('.'))).toEqual(['.fetching-new']);
  });

  test('that is gone is told in one line, with what to do', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' }, 'v1');
    await done(folder, `--yes --trust --level 0 --pack ${ref}#v1`);
    await pack.git('checkout', '--quiet', '--orphan', 'other');
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'other\n' }, 'v1');
    await pack.git('branch', '-D', 'main');
    await pack.git('reflog', 'expire', '--expire=now', '--all');
    await pack.git('gc', '--quiet', '--prune=now');
    await emptyCache();
    expect(await refused(folder, '--level 1')).toMatch(
      /^the pack acme 1\.0\.0, which this repository has: git\S+#v1 cannot be had: git says ".*"; give another with --pack REF, or take it away with --drop-pack acme$/,
    );
    expect(await refused(folder, `--pack ${ref}#v1`)).toMatch(
      /#v1 has other content than before under the same version, 1\.0\.0: its author has to give what changed a new one; without --pack the repository stays/,
    );
    expect(await refused(folder, `--pack ${ref}#v3`)).toMatch(
      /#v3 cannot be had: git says "fatal: couldn't find remote ref v3"; without/,
    );
    await fs.move(pack.folder, `${pack.folder}-moved`);
    expect(await refused(folder, `--pack ${ref}#v1`)).toMatch(
      /#v1 cannot be had: git says ".*not found"; without --pack/,
    );
    await done(folder, '--drop-pack acme');
  });

  test('may be named by its commit or by a tag with words of its own', async () => {
    const commit = await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    await pack.git('tag', '--annotate', '--message', 'words', 'release/1.0');
    await pack.commit({ ...manifest('2.0.0'), '0-service/a.txt': 'two\n' });
    for (const named of [commit, 'release/1.0']) {
      const folder = await newFolder();
      await done(folder, `--yes --trust --level 0 --pack ${ref}#${named}`);
      expect(await locked(folder)).toMatchObject({ version: '1.0.0', resolved: commit });
    }
  });

  test('is not taken where git has lost a part of it', async () => {
    await pack.commit({ ...manifest('1.0.0'), '0-service/a': 'one\n', '0-service/a ': 'two\n' });
    const own = `git+file://${pack.folder}`;
    await done(await newFolder(), `--yes --trust --level 0 --pack ${own}`);
    const id = await pack.git('rev-parse', 'HEAD:0-service/a');
    await fs.remove(path.join(pack.folder, '.git/objects', id.slice(0, 2), id.slice(2)));
    expect(await refused(await newFolder(), `--yes --trust --level 0 --pack ${own}`)).toMatch(
      /cannot be had: git says/,
    );
  });

  test('may come from another commit with the same templates', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    await done(folder, `--yes --trust --level 0 --pack ${ref}`);
    const commit = await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n', 'README.md': 'better\n' });
    await done(folder, `--pack ${ref}`);
    expect(await locked(folder)).toMatchObject({ resolved: commit });
  });

  test('is asked for again where it comes from elsewhere under the same name', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    await done(folder, `--yes --trust --level 0 --pack ${ref}`);
    await fs.copy(pack.folder, `${pack.folder}-fork`);
    const fork = ref.replace('/.git', '-fork/.git');
    expect(await refused(folder, `--pack ${fork}`)).toContain(`takes the place of the one from ${ref}, and its`);
    const { out } = await done(folder, `--trust --pack ${fork}`);
    expect(out).toContain(`the pack acme 1.0.0 comes from ${fork} now\n`);
  });

  test('is trusted by the lock, not by the answers alone', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    await done(folder, '--yes --level 0');
    const file = path.join(folder, '.yo-rc.json');
    const stored = await fs.readJson(file);
    stored['generator-ds-devops'].packs = [{ name: 'acme', from: ref }];
    await fs.writeJson(file, stored);
    const unknown = `the pack acme 1.0.0 from ${ref} is new to this repository, though .yo-rc.json names it, and`;
    expect(await refused(folder, '--level 1 --trust')).toContain(unknown);
    expect(await refused(folder, '--check')).toMatch(/: add --pack \S+ --trust if you trust it$/);
    // Nor is it by what was said of another pack.
    const other = await newFolder('other');
    await fs.writeFile(path.join(other, 'pack.yaml'), 'name: other\nversion: 1.0.0\n');
    expect(await refused(folder, `--yes --trust --pack ${other}`)).toContain(unknown);
    await done(folder, `--level 1 --trust --pack ${ref}`);
  });

  test('several that only the answers name are asked about one after the other', async () => {
    const folder = await newFolder();
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    const second = await GitRepository.in(path.join(scratch, `second-${made}`));
    await second.commit({ 'pack.yaml': 'name: second\nversion: 1.0.0\n' });
    await done(folder, '--yes --level 0');
    const file = path.join(folder, '.yo-rc.json');
    const stored = await fs.readJson(file);
    stored['generator-ds-devops'].packs = [
      { name: 'acme', from: ref },
      { name: 'second', from: ref.replace(`pack-${made}`, `second-${made}`) },
    ];
    await fs.writeJson(file, stored);
    let open = 0;
    const prompt = async () => {
      open += 1;
      expect(open).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      open -= 1;
      return 'yes';
    };
    expect((await command(folder, '', { prompt })).code).toBe(0);
  });

  test('works where git is set up to trust no bare repository that it finds', async () => {
    const before = process.env.GIT_CONFIG_GLOBAL;
    try {
      await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
      process.env.GIT_CONFIG_GLOBAL = path.join(scratch, `gitconfig-${made}`);
      await fs.writeFile(process.env.GIT_CONFIG_GLOBAL, '[safe]\n\tbareRepository = explicit\n');
      await done(await newFolder(), `--yes --level 0 --trust --pack ${ref}`);
    } finally {
      if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = before;
    }
  });

  test('may be fetched twice at once into a cache that has nothing of it', async () => {
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    const folders = await Promise.all([newFolder(), newFolder(), newFolder()]);
    await Promise.all(folders.map((folder) => done(folder, `--yes --level 0 --trust --pack ${ref}`)));
  });

  test('is fetched with the credentials that git has, and without any question', async () => {
    const guarded = await serveGit(scratch, 'someone:secret');
    const before = process.env.GIT_CONFIG_GLOBAL;
    try {
      const folder = await newFolder();
      await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
      const own = ref.replace(server.url, guarded.url);
      const credentials = path.join(scratch, 'credentials');
      await fs.writeFile(credentials, `${guarded.url.replace('//', '//someone:secret@')}\n`);
      process.env.GIT_CONFIG_GLOBAL = path.join(scratch, 'gitconfig');
      await fs.writeFile(process.env.GIT_CONFIG_GLOBAL, '');
      expect(await refused(folder, `--yes --level 0 --trust --pack ${own}`)).toMatch(
        /git says "fatal: could not read Username for .*: terminal prompts disabled"$/,
      );
      await fs.writeFile(process.env.GIT_CONFIG_GLOBAL, `[credential]\n\thelper = store --file=${credentials}\n`);
      await done(folder, `--yes --level 0 --trust --pack ${own}`);
    } finally {
      if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = before;
      await guarded.stop();
    }
  });

  test('runs no hook and no filter, and follows no address to a program, whatever git is set up with', async () => {
    const before = process.env.GIT_CONFIG_GLOBAL;
    const trace = path.join(scratch, `ran-${made}`);
    const hooks = path.join(scratch, `hooks-${made}`);
    try {
      await pack.commit({
        ...manifest('1.0.0'),
        '.gitattributes': '* filter=run export-ignore\n',
        '0-service/a.txt': 'one\r\n',
      });
      for (const hook of ['reference-transaction', 'post-checkout', 'post-index-change'])
        await fs.outputFile(path.join(hooks, hook), `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
      process.env.GIT_CONFIG_GLOBAL = path.join(scratch, `gitconfig-${made}`);
      const filter = `[filter "run"]\n\tsmudge = touch ${trace}\n\tprocess = touch ${trace}\n\trequired = true\n`;
      const config = `[core]\n\thooksPath = ${hooks}\n\tautocrlf = input\n${filter}[protocol "ext"]\n\tallow = always\n`;
      await fs.writeFile(process.env.GIT_CONFIG_GLOBAL, config);
      const folder = await newFolder();
      await done(folder, `--yes --level 0 --trust --pack ${ref}`);
      expect(await reader(folder)('a.txt')).toBe('one\r\n');
      await fs.appendFile(process.env.GIT_CONFIG_GLOBAL, `[url "ext::touch ${trace} "]\n\tinsteadOf = ${server.url}\n`);
      expect(await refused(folder, `--pack ${ref}`)).toMatch(/git says "fatal: transport 'ext' not allowed"/);
      expect(await fs.pathExists(trace)).toBe(false);
    } finally {
      if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = before;
    }
  });
});

describe('a git repository that is refused whole', () => {
  const said = async () => {
    const folder = await newFolder();
    const told = await refused(folder, `--yes --level 0 --trust --pack ${ref}`);
    expect(await snapshot(process.env.DS_DEVOPS_CACHE as string)).toEqual({});
    return told.replaceAll(ref, '<ref>');
  };
  const object = async (kind: string, text: string) => {
    const file = path.join(scratch, 'object');
    await fs.writeFile(file, text);
    return pack.git('hash-object', '-w', '-t', kind, file);
  };
  /** A commit of a tree that git itself would not make: entries as `mode type id\tname`. */
  const commitTree = async (entries: (blob: string, tree: string) => string[]) => {
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    const blob = await object('blob', 'evil\n');
    const inner = path.join(scratch, 'inner');
    await fs.writeFile(inner, `100755 blob ${blob}\tevil\n`);
    const mktree = async (text: string) => {
      const { execa } = await import('execa');
      return (await execa('git', ['mktree'], { cwd: pack.folder, input: text })).stdout;
    };
    const tree = await mktree(`100755 blob ${blob}\tevil\n`);
    const stage = await mktree(
      entries(blob, tree)
        .map((each) => `${each}\n`)
        .join(''),
    );
    const manifestBlob = await pack.git('rev-parse', 'HEAD:pack.yaml');
    const root = await mktree(`100644 blob ${manifestBlob}\tpack.yaml\n040000 tree ${stage}\t0-service\n`);
    const commit = await pack.git('commit-tree', root, '-m', 'evil');
    await pack.git('update-ref', 'refs/heads/main', commit);
  };

  test.each<[string, (blob: string, tree: string) => string[], string]>([
    [
      'a path that leads out',
      (_, tree) => [`040000 tree ${tree}\t..`],
      '"0-service/../evil" leads out of the repository',
    ],
    ['a hook', (_, tree) => [`040000 tree ${tree}\t.git`], `"0-service/.git/evil" is git's own`],
    [
      'a link',
      (blob) => [`120000 blob ${blob}\tlink`],
      '"0-service/link" is a link or a submodule: put the file itself into the pack',
    ],
    [
      'a submodule',
      () => [`160000 commit ${'1'.repeat(40)}\tsub`],
      '"0-service/sub" is a link or a submodule: put the file itself into the pack',
    ],
  ])('%s', async (_, entries, problem) => {
    await commitTree(entries);
    expect(await said()).toBe(
      `<ref>#HEAD: its file ${problem}${problem.endsWith('pack') ? '' : ':'}${problem.endsWith('pack') ? ';' : ''} nothing of it was taken`,
    );
  });

  test('a stage that is a link itself', async () => {
    await fs.outputFile(path.join(pack.folder, 'elsewhere/b.txt'), 'b\n');
    await fs.symlink('elsewhere', path.join(pack.folder, '1-infrastructure'));
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' });
    expect(await said()).toContain('its file "1-infrastructure" is a link or a submodule: put the file itself');
  });

  test('a file that Git LFS keeps elsewhere', async () => {
    await pack.commit({
      ...manifest('1.0.0'),
      '0-service/a.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
    });
    expect(await said()).toContain('its file "0-service/a.bin" is kept by Git LFS, which is not run');
  });

  test('more than a memory should hold', async () => {
    await fs.outputFile(path.join(pack.folder, '0-service/zeros'), '');
    await fs.truncate(path.join(pack.folder, '0-service/zeros'), 200 * 2 ** 20);
    await fs.writeFile(path.join(pack.folder, 'pack.yaml'), manifest('1.0.0')['pack.yaml']);
    await pack.git('-c', 'core.compression=1', 'add', '.');
    await pack.commitStaged();
    expect(await said()).toBe(
      '<ref>#HEAD is larger than a pack can be: 64 MiB and 10000 files at most; nothing of it was taken',
    );
  });

  test('our own state, a manifest that is not one, and a template that throws', async () => {
    await pack.commit({ ...manifest('1.0.0'), '0-service/.yo-rc.json': '{}' });
    expect(await said()).toBe(
      `the pack acme: <ref>: 0-service/.yo-rc.json: its path is ds-devops's own state: give it another`,
    );
    await pack.commit({ ...manifest('1.0.0', 'extend: none\n'), '0-service/a': '' });
    expect(await said()).toMatch(/^the pack acme: <ref>: pack\.yaml:3: unknown key "extend": the keys here are /);
    await pack.commit({ 'README.md': '' });
    expect(await said()).toMatch(/^<ref> is no template pack: it holds no pack\.yaml at its top$/);
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.ejs': 'a\n<% throw new Error("no") %>\n' });
    expect(await refused(await newFolder(), `--yes --level 0 --trust --pack ${ref}`)).toMatch(
      /^the pack acme: \S+0-service\/a\.ejs:2 cannot be rendered: no$/,
    );
  });
});

describe('a word after --pack that npm or git would take for something else', () => {
  test.each([
    ['git+ext::sh -c id', 'has no address'],
    ['git+ext::id', 'has no address'],
    ['git+ext://id', 'is reached by ext'],
    ['git+https:evil.example/x', 'has no address'],
    ['git+http://localhost\\@127.0.0.2:1/x.git', 'has no address'],
    ['git+http://localhost\\:secret@127.0.0.2:1/x.git', 'has no address'],
    ['git+git://host/x', 'is reached by git'],
    ['git+http://host.example/x', 'is reached by http'],
    ['git+--upload-pack=id', 'has no address'],
    ['git+https://host/x#--upload-pack=id', 'names no branch'],
    ['git+https://host/x#-c', 'names no branch'],
    ['git+https://host/x#+a:b', 'names no branch'],
    ['git+https://host/x#a:b', 'names no branch'],
    ['git+https://host/x#../../x', 'names no branch'],
    ['git+https://host/x#', 'names no branch'],
    ['git+ssh://-oProxyCommand=id/x', 'git could mistake'],
    ['git+ssh://host/-x', 'git could mistake'],
    ['git+ssh://-x@host/y', 'git could mistake'],
    ['git+https://host/x?a=b', 'git could mistake'],
    ['git+https://user:pass@host/x', 'holds a user or a password'],
    ['git+https://token@host/x', 'holds a user or a password'],
    ['npm:--registry=http://evil', 'names no package'],
    ['npm:-g', 'names no package'],
    ['npm:', 'names no package'],
    ['npm:../x', 'names no package'],
    ['npm:acme@', 'has no range'],
    ['npm:acme@file:../x', 'has no range'],
    ['npm:acme@x.tgz', 'has no range'],
    ['npm:acme@npm:other@1', 'has no range'],
    ['npm:acme@git+https://host/x', 'has no range'],
    ['npm:acme@https://host/x.tgz', 'has no range'],
    ['https://host/x.git', 'is no folder'],
    ['git@host:x', 'is no folder'],
    ['github:acme/pack', 'is no folder'],
    ['ext::id', 'is no folder'],
  ])('%s', async (typed, problem) => {
    const folder = await newFolder();
    const { code, err } = await command(folder, ['--yes', '--trust', '--pack', typed]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/^ds-devops: --pack[^\n]+\n$/) });
    expect(err).toContain(problem);
    expect(await snapshot(folder)).toEqual({});
  });
});

describe('an organisation’s usual pack', () => {
  test('comes with a new repository, unless it is dropped, and is trusted where the configuration says so', async () => {
    await pack.commit({ ...manifest('1.0.0'), '0-service/a.txt': 'one\n' }, 'v1');
    const file = path.join(scratch, `config-${made}.yaml`);
    process.env.DS_DEVOPS_CONFIG = file;
    try {
      expect(await refused(await newFolder(), '--yes --level 0')).toMatch(
        /^the configuration \S+ cannot be read \(ENOENT\)/,
      );
      await fs.writeFile(file, `packs: ["${ref}#v1"]\n`);
      const folder = await newFolder();
      expect(await refused(folder, '--yes --level 0')).toBe(
        `the configuration ${file}: the pack acme 1.0.0 from ${ref} is new to this repository, and its templates are code that runs on this machine with your rights: add --trust if you trust it; to do without its packs set DS_DEVOPS_CONFIG= (to nothing)`,
      );
      // Nothing is rendered from it in these: it needs no trust, and where the same was said it is not even fetched.
      await done(await newFolder(), '--yes --level 0 --drop-pack acme');
      const mine = await newFolder('mine');
      await fs.outputFile(path.join(mine, 'pack.yaml'), 'name: acme\nversion: 3.0.0\n');
      await done(await newFolder(), `--yes --level 0 --pack ${mine}`);
      await fs.writeFile(file, `packs: ["${ref}#gone"]\n`);
      await done(await newFolder(), `--yes --level 0 --trust --pack ${ref}#v1`);
      expect(await refused(await newFolder(), '--yes --level 0')).toMatch(
        /^the configuration \S+: git\S+#gone cannot be had/,
      );
      await fs.writeFile(file, `packs: ["${ref}#v1"]\n`);
      await fs.appendFile(file, 'trust: true\n');
      await done(folder, '--yes --level 0');
      expect(await locked(folder)).toMatchObject({ source: ref });
      const without = await newFolder();
      await done(without, '--yes --level 0 --drop-pack acme');
      expect(await locked(without)).toBe(undefined);
      await done(without, '');
      expect(await locked(without)).toBe(undefined);
      const own = path.join(path.dirname(without), 'own');
      await fs.outputFile(path.join(own, 'pack.yaml'), 'name: acme\nversion: 3.0.0\n');
      const other = await newFolder();
      await done(other, `--yes --level 0 --pack ${own}`);
      expect(await locked(other)).toEqual({ version: '3.0.0', integrity: expect.any(String) });
      await fs.writeFile(file, 'pack: acme\n');
      expect(await refused(await newFolder(), '--yes --level 0')).toMatch(
        /^the configuration \S+ is not understood: it has to be/,
      );
    } finally {
      process.env.DS_DEVOPS_CONFIG = '';
    }
  });
});
