import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import fs from 'fs-extra';
import { command, person } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

type Files = Record<string, string | Buffer>;

/** A folder beside the repository with a pack in it, and what changes it. */
async function packBeside(folder: string, name: string, files: Files, version = '1.0.0', more = '') {
  const at = path.join(path.dirname(folder), name);
  const write = async (next: Files, of = version, keys = more) => {
    await fs.remove(at);
    await writeFiles(at, { 'pack.yaml': `name: ${name}\nversion: ${of}\n${keys}`, ...next });
  };
  await write(files);
  return { at, write };
}

const reader = (folder: string) => (file: string) => fs.readFile(path.join(folder, file), 'utf8');
const done = async (folder: string, argv: string) => {
  const ran = await command(folder, argv);
  expect({ code: ran.code, refused: ran.err.includes('ds-devops: ') }).toEqual({ code: 0, refused: false });
  return ran;
};
const isState = (file: string) => file === '.yo-rc.json' || file === '.ds-devops.lock.json';
const files = async (folder: string) =>
  Object.fromEntries(Object.entries(await snapshot(folder)).filter(([file]) => !isState(file)));

test('two packs add to the same workflow and the same pyproject, in order, at every level', async () => {
  for (const level of [0, 1, 2, 3, 4, 5, 6]) {
    const folder = await newFolder();
    const flags: string[] = [];
    for (const name of ['first', 'second']) {
      const { at } = await packBeside(folder, name, {
        '0-service/slots/dependencies.ejs': `  "${name}-sdk>=1",\n`,
        '0-service/slots/task-includes.ejs': `  "tasks/${name}.toml",`,
        [`0-service/tasks/${name}.toml.ejs`]: `[tasks.${name}]\ncmd = "echo <%= name %>"\n`,
        '2-integration/slots/quality-steps.ejs': `      - run: uv run poe ${name}\n`,
      });
      flags.push(`--pack ${at}`);
    }
    await done(folder, `--yes --level ${level} ${flags.join(' ')}`);
    const read = reader(folder);
    const pyproject = await read('pyproject.toml');
    expect(pyproject).toContain('  "first-sdk>=1",\n  "second-sdk>=1",\n  # yours below this line\n');
    expect(pyproject).toContain('  "tasks/first.toml",\n  "tasks/second.toml",\n  # yours below this line\n');
    if (level < 2) continue;
    expect(await read('.github/workflows/integrate.yml')).toContain(
      '      - run: uv run poe quality\n      - run: uv run poe first\n      - run: uv run poe second\n',
    );
  }
});

describe('a pack in a living repository', () => {
  test('its next version renames one file and removes another: edits go along, and nothing is lost', async () => {
    const folder = await newFolder();
    const read = reader(folder);
    const { at, write } = await packBeside(folder, 'acme', {
      '0-service/infra/old.tf.ejs': '# one\n# two\n# three\n# four\n',
      '0-service/gone.txt.ejs': 'gone\n',
      '0-service/kept.txt.ejs': 'kept\n',
    });
    await done(folder, `--yes --level 1 --pack ${at}`);
    await fs.appendFile(path.join(folder, 'infra/old.tf'), 'mine\n');
    await fs.appendFile(path.join(folder, 'kept.txt'), 'mine\n');
    await fs.appendFile(path.join(folder, 'README.md'), 'mine\n');
    await write(
      { '0-service/infra/new.tf.ejs': '# one of 2.0\n# two\n# three\n# four\n' },
      '2.0.0',
      'renames: {"2.0.0": {infra/old.tf: infra/new.tf}}\n',
    );
    const { out } = await done(folder, '');
    expect(out).toContain('the pack acme is 2.0.0 now; it was 1.0.0\n');
    expect(out).toContain('kept: kept.txt: no longer emitted, but edited: it is yours now');
    expect(await read('infra/new.tf')).toBe('# one of 2.0\n# two\n# three\n# four\nmine\n');
    expect(await fs.pathExists(path.join(folder, 'infra/old.tf'))).toBe(false);
    expect(await fs.pathExists(path.join(folder, 'gone.txt'))).toBe(false);
    expect(await read('kept.txt')).toBe('kept\nmine\n');
    expect(await read('README.md')).toMatch(/\nmine\n$/);
    expect((await command(folder, '--check')).code).toBe(0);
  });

  test('is recorded, so that it need not be given again, in the lock with the hash of its content', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', { '1-infrastructure/a.txt': 'a\n' });
    await done(folder, `--yes --level 0 --pack ../${path.basename(at)}`);
    const stored = await fs.readJson(path.join(folder, '.yo-rc.json'));
    expect(stored['generator-ds-devops'].packs).toEqual([{ name: 'acme', from: '../acme' }]);
    await done(folder, '--level 1');
    const lock = await fs.readJson(path.join(folder, '.ds-devops.lock.json'));
    expect(lock.files['a.txt']).toMatchObject({ pack: 'acme', stage: 1 });
    expect(lock.files['README.md']).toMatchObject({ pack: 'ds-devops', stage: 0 });
    expect(lock.packs).toEqual({
      'ds-devops': { version: expect.any(String) },
      acme: { version: '1.0.0', integrity: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const { out } = await done(folder, '--json');
    expect(JSON.parse(out)).toMatchObject({ packs: lock.packs, changes: 0 });
  });

  test('whose content changed under the same version is brought to, and it is said', async () => {
    const folder = await newFolder();
    const { at, write } = await packBeside(folder, 'acme', { '0-service/a.txt': 'one\n' });
    await done(folder, `--yes --level 0 --pack ${at}`);
    expect((await done(folder, '')).out).not.toContain('the pack acme');
    await write({ '0-service/a.txt': 'two\n' });
    expect((await command(folder, '--check')).code).toBe(4);
    const { out } = await done(folder, '');
    expect(out).toContain('the pack acme has other content than last time under the same version, 1.0.0\n');
    expect(await reader(folder)('a.txt')).toBe('two\n');
  });

  test('that is added and dropped again leaves the repository as if it had never been there', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(
      folder,
      'acme',
      {
        '0-service/README.md.ejs': '# <%= name %> of <%= team %>\n',
        '0-service/own.txt.ejs': 'own\n',
        '0-service/slots/gitignore.ejs': 'acme/\n',
      },
      '1.0.0',
      'remove: [slo.yaml]\nquestions:\n  - {name: team, type: string, message: Team, default: a}\n',
    );
    await done(folder, '--yes --level 1');
    const before = await snapshot(folder);
    const added = await done(folder, `--pack ${at}`);
    expect(added.out).toContain('the pack acme 1.0.0 was added\n');
    const read = reader(folder);
    expect(await read('README.md')).toBe('# demo of a\n');
    expect(await read('.gitignore')).toMatch(/acme\/\n$/);
    expect(await fs.pathExists(path.join(folder, 'slo.yaml'))).toBe(false);
    const dropped = await done(folder, '--drop-pack acme');
    expect(dropped.out).toContain(
      'the pack acme 1.0.0 was dropped: what it brought goes, unless somebody has edited it\n',
    );
    expect(await snapshot(folder)).toEqual(before);
  });

  test('that is dropped once its files were edited: the edits stay', async () => {
    const folder = await newFolder();
    const read = reader(folder);
    const { at } = await packBeside(folder, 'acme', {
      '0-service/own.txt.ejs': 'own\n',
      '0-service/slots/gitignore.ejs': 'acme/\n',
    });
    await done(folder, `--yes --level 0 --pack ${at}`);
    await fs.appendFile(path.join(folder, 'own.txt'), 'mine\n');
    await fs.appendFile(path.join(folder, '.gitignore'), 'mine/\n');
    await done(folder, '--drop-pack acme');
    expect(await read('own.txt')).toBe('own\nmine\n');
    expect(await read('.gitignore')).toMatch(/mine\/\n$/);
    expect(await read('.gitignore')).not.toContain('acme/');
  });

  test('that is not where it was, or another one there, is asked for', async () => {
    const folder = await newFolder();
    const { at, write } = await packBeside(folder, 'acme', { '0-service/a.txt': 'one\n' });
    await done(folder, `--yes --level 0 --pack ${at}`);
    await fs.writeFile(path.join(at, 'pack.yaml'), 'name: other\nversion: 1.0.0\n');
    expect((await command(folder, '')).err).toMatch(
      /should hold the pack acme, and holds "other": say where it is with --pack DIR, or take it away with --drop-pack acme\n$/,
    );
    await write({ '0-service/a.txt': 'one\n' });
    await fs.move(at, `${at}-moved`);
    const before = await snapshot(folder);
    const { code, err } = await command(folder, '--level 1');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^ds-devops: the pack acme, which this repository has, is not in \S+acme \(no pack.yaml there\): say where it is with --pack DIR, or take it away with --drop-pack acme\n$/,
    );
    expect(await snapshot(folder)).toEqual(before);
    await done(folder, `--pack ${at}-moved`);
    await done(folder, '--level 1');
  });

  test('that only the answers name is not run, unless it lies in the repository', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', { '0-service/a.txt': 'one\n' });
    await done(folder, '--yes --level 0');
    const file = path.join(folder, '.yo-rc.json');
    const stored = await fs.readJson(file);
    const name = async (from: string) => {
      stored['generator-ds-devops'].packs = [{ name: 'acme', from }];
      await fs.writeJson(file, stored);
    };
    await fs.symlink(at, path.join(folder, 'linked'));
    for (const from of [at, '../acme', 'linked']) {
      await name(from);
      for (const flags of ['--check', '--yes --trust']) {
        const { code, err } = await command(folder, flags);
        expect(code).toBe(1);
        expect(err).toMatch(
          /^ds-devops: the pack acme from (\S+) is new to this repository, though \.yo-rc\.json names it, and .*: add --pack \1 if you trust it\n$/,
        );
      }
      expect((await command(folder, '--level 0', person('no'))).err).toMatch(/ is not used\n$/);
    }
    expect((await command(folder, `--check --pack ${at}`)).code).toBe(4);
    expect((await command(folder, '--dry-run', person('yes'))).code).toBe(0);
    await fs.copy(at, path.join(folder, 'packs/acme'));
    await name('packs/acme');
    await done(folder, '');
    expect(await reader(folder)('a.txt')).toBe('one\n');
  });

  test('is not forgotten where the answers are lost', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', { '0-service/a.txt': 'one\n' });
    await done(folder, `--yes --level 0 --pack ${at}`);
    const before = await snapshot(folder);
    await fs.remove(path.join(folder, '.yo-rc.json'));
    expect((await command(folder, '--adopt --yes')).err).toBe(
      'ds-devops: the lock has files of the pack acme, and the answers that say where it is are lost: give it with --pack DIR, or take it away with --drop-pack acme\n',
    );
    await done(folder, `--adopt --yes --pack ../acme`);
    expect(await files(folder)).toEqual(Object.fromEntries(Object.entries(before).filter(([file]) => !isState(file))));
    await fs.remove(path.join(folder, '.yo-rc.json'));
    await done(folder, '--adopt --yes --drop-pack acme');
    expect(await files(folder)).not.toHaveProperty(['a.txt']);
  });

  test('files of the owner’s own that a new pack would bring stay, and its lie beside them', async () => {
    const folder = await newFolder();
    await done(folder, '--yes --level 0');
    await fs.writeFile(path.join(folder, 'a.txt'), 'mine\n');
    const { at } = await packBeside(folder, 'acme', { '0-service/a.txt': 'of acme\n' });
    const { code, out } = await command(folder, `--pack ${at}`);
    expect(code).toBe(3);
    expect(out).toContain(
      "conflict: a.txt: there was one of the owner's own already: ours lies beside it as a.txt.ds-devops-new",
    );
    expect(await reader(folder)('a.txt')).toBe('mine\n');
  });
});

test('a pack that extends none emits exactly its files, whatever they hold', async () => {
  const words = fc.constantFrom(
    '<% ',
    '%>',
    '<<<<<<< yours',
    '=======',
    '\r\n',
    '\n',
    '\0',
    '$' + '{{ x }}',
    '__name__',
    '\ufeff',
    'ü',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(words).map((all) => all.join('')),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );
  const names = Array.from(
    { length: 60 },
    (_, index) =>
      `${['', 'a/', 'a/b/', '.github/', 'c d/'][index % 5]}f${index}${['', '.py', '.yml', '.toml'][index % 4]}`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 60, maxLength: 60 }), fc.nat(6), async (texts, level) => {
      const folder = await newFolder();
      const all = Object.fromEntries(names.map((name, index) => [name, texts[index] as string | Buffer]));
      const inStages = Object.entries(all).map(([name, content]) => [`0-service/${name}`, content] as const);
      const { at } = await packBeside(folder, 'whole', Object.fromEntries(inStages), '1.0.0', 'extends: none\n');
      const { out } = await done(folder, `--yes --level ${level} --pack ${at}`);
      expect(out).toContain('Next: git status\n');
      const emitted = Object.entries(all).map(([name, content]) => [
        name,
        `644 ${Buffer.from(content).toString('latin1')}`,
      ]);
      expect(await files(folder)).toEqual(Object.fromEntries(emitted));
      expect((await command(folder, '--check')).code).toBe(0);
    }),
    { numRuns: 10 },
  );
});

test('a pack that extends none asks for no target and CI that it does not know, and goes as far up as it likes', async () => {
  const folder = await newFolder();
  const { at } = await packBeside(folder, 'whole', { '6-scale/a.txt': 'a\n' }, '1.0.0', 'extends: none\n');
  const { prompt, asked } = person(6, 'demo');
  expect(await command(folder, `--pack ${at} --target kubernetes`, { prompt })).toMatchObject({ code: 0 });
  expect(asked.map(({ message }) => message)).toEqual(['How far up the ladder', 'Its name']);
  expect(Object.keys(await files(folder))).toEqual(['a.txt']);
});

describe('the questions of a pack', () => {
  const questions = `questions:
  - {name: costCentre, type: string, message: Cost centre, default: "0000", pattern: "^[0-9]{4}$"}
  - {name: replicas, type: integer, message: How many, default: 2, minimum: 1, maximum: 9}
  - {name: audited, type: boolean, message: Audited, default: false}
  - {name: tier, type: string, message: Tier, default: bronze, choices: [bronze, gold]}
`;
  const templates = {
    '0-service/a.txt.ejs': '<%= costCentre %> <%= replicas + 1 %> <%= audited ? "yes" : "no" %> <%= tier %>\n',
    '0-service/audited=true/audit.txt': 'x\n',
    '0-service/__costCentre__.txt': '',
  };

  test('get their defaults without a terminal, what is given instead, and keep it', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', templates, '1.0.0', questions);
    const read = reader(folder);
    await done(folder, `--yes --level 0 --pack ${at}`);
    expect(await read('a.txt')).toBe('0000 3 no bronze\n');
    await done(folder, '--answer costCentre=1234 --answer audited=true --answer replicas=5');
    const told = JSON.parse((await command(folder, '--json --dry-run')).out);
    expect(told.answers.packAnswers).toEqual({ costCentre: '1234', replicas: 5, audited: true, tier: 'bronze' });
    expect(await read('a.txt')).toBe('1234 6 yes bronze\n');
    expect(await fs.readdir(folder)).toEqual(expect.arrayContaining(['audit.txt', '1234.txt']));
    expect(await fs.readdir(folder)).not.toContain('0000.txt');
    await done(folder, '--level 1');
    expect(await read('a.txt')).toBe('1234 6 yes bronze\n');
  });

  test('are asked on a terminal where they are not answered', async () => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', templates, '1.0.0', questions);
    const { prompt, asked } = person('4321', 'gold');
    await command(
      folder,
      `--target local --ci github --level 0 --name demo --answer replicas=1 --answer audited=true --pack ${at}`,
      { prompt },
    );
    expect(asked.map(({ message }) => message)).toEqual(['Cost centre', 'Tier']);
    expect(() => asked[0]?.parse('12')).toThrow('"12" is not allowed: give a text that matches ^[0-9]{4}$');
    expect(asked[1]?.choices?.map(({ value }) => value)).toEqual(['bronze', 'gold']);
    expect(await reader(folder)('a.txt')).toBe('4321 2 yes gold\n');
  });

  test.each([
    ['costCentre=12', /--answer costCentre: "12" is not allowed: give a text that matches \^\[0-9\]\{4\}\$/],
    ['replicas=10', /--answer replicas: "10" is not allowed: give a whole number from 1 up to 9/],
    ['replicas=2.5', /"2.5" is not allowed/],
    ['audited=maybe', /"maybe" is not allowed: give true or false/],
    ['tier=silver', /"silver" is not allowed: give one of bronze, gold/],
    ['cost=1', /--answer cost: no pack asks that; they ask costCentre, replicas, audited, tier/],
    ['target=local', /--answer target: no pack asks that; use --target/],
  ])('refuse --answer %s', async (answer, message) => {
    const folder = await newFolder();
    const { at } = await packBeside(folder, 'acme', templates, '1.0.0', questions);
    const { code, err } = await command(folder, `--yes --level 0 --pack ${at} --answer ${answer}`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(message) });
    expect(await fs.readdir(folder)).toEqual([]);
  });

  test('that are secret: never stored, not in the lock, and kept where they are not given again', async () => {
    const folder = await newFolder();
    const secret = 'questions:\n  - {name: apiKey, type: string, message: Key, default: none, secret: true}\n';
    const { at, write } = await packBeside(
      folder,
      'acme',
      { '0-service/.env.ejs': 'KEY=<%= apiKey %>\n' },
      '1.0.0',
      secret,
    );
    await done(folder, `--yes --level 0 --pack ${at} --answer apiKey=s3cr3t-value`);
    const read = reader(folder);
    expect(await read('.env')).toBe('KEY=s3cr3t-value\n');
    await write({ '0-service/.env.ejs': 'KEY=<%= apiKey %>\nMORE=1\n' }, '1.1.0');
    await done(folder, '--level 1');
    expect(await read('README.md')).toContain('## Infrastructure');
    expect(await read('.env')).toBe('KEY=s3cr3t-value\n');
    const { out } = await done(folder, '--json --answer apiKey=s3cr3t-value');
    expect(await read('.env')).toBe('KEY=s3cr3t-value\nMORE=1\n');
    expect(out).not.toContain('s3cr3t');
    const lock = await fs.readJson(path.join(folder, '.ds-devops.lock.json'));
    const withContent = Object.keys(lock.files).filter((file) => 'deflated' in lock.files[file]);
    expect(Object.keys(lock.files).filter((file) => !withContent.includes(file))).toEqual(['.env']);
    expect(await read('.yo-rc.json')).not.toContain('s3cr3t');
  });
});

describe('answers that a pack settles', () => {
  test('are the defaults, and what is locked is so for a repository that had it otherwise, too', async () => {
    const folder = await newFolder();
    const { at, write } = await packBeside(
      folder,
      'acme',
      {},
      '1.0.0',
      'answers:\n  level: {value: 0}\n  target: {value: kubernetes}\n',
    );
    await done(folder, `--yes --pack ${at}`);
    const stored = async () => (await fs.readJson(path.join(folder, '.yo-rc.json')))['generator-ds-devops'];
    expect(await stored()).toMatchObject({ level: 0, target: 'kubernetes' });
    await done(folder, '--target local --level 1');
    expect(await stored()).toMatchObject({ level: 1, target: 'local' });
    await write({}, '1.1.0', 'answers:\n  target: {value: kubernetes, locked: true}\n');
    const { out } = await done(folder, '');
    expect(out).toContain('target is kubernetes now, it was local: the pack acme locks it\n');
    expect(await fs.readdir(path.join(folder, 'infra'))).toContain('overlays');
  });
});
