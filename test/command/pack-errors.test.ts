import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

type Files = Record<string, string>;
const manifest = 'name: acme\nversion: 1.0.0\n';

/** Gives packs to a repository that is there; what is said, with the packs' folders as `<1>`, `<2>`. */
async function said(packs: readonly Files[], argv = '', prepare = async (_first: string) => {}): Promise<string> {
  const folder = await newFolder();
  const above = path.dirname(folder);
  await command(folder, '--yes --level 0 --skip-install');
  const folders = packs.map((_, index) => path.join(above, `pack-${index + 1}`));
  for (const [index, files] of packs.entries())
    await writeFiles(folders[index] as string, { 'pack.yaml': manifest, ...files });
  await prepare(folders[0] as string);
  const before = await snapshot(above);
  const flags = folders.map((each) => `--pack ${each}`).join(' ');
  const { code, out, err } = await command(folder, `${flags} --level 1 --skip-install ${argv}`);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^ds-devops: [^\n]+\n$/);
  expect(await snapshot(above)).toEqual(before);
  return folders
    .reduce((text, each, index) => text.replaceAll(each, `<${index + 1}>`), err)
    .slice('ds-devops: '.length, -1);
}

const withManifest = (more: string): Files => ({ 'pack.yaml': `${manifest}${more}` });

describe('a pack.yaml that is refused, with its line', () => {
  const cases: [string, string, string | RegExp][] = [
    [
      'an unknown key',
      'extend: none\n',
      /^the pack acme: <1>\/pack.yaml:3: unknown key "extend": the keys here are name, .*extends/,
    ],
    [
      'an unknown key of a question',
      'questions:\n  - {name: a, type: string, message: A, default: x}\n  - name: b\n    type: string\n    message: B\n    default: x\n    secrets: true\n',
      /pack.yaml:9: unknown key "secrets": the keys here are name, type, message, default/,
    ],
    ['no YAML', 'questions: [\n', /^<1>\/pack.yaml:\d: this is no YAML: /],
    ['a second key', 'name: again\n', /^<1>\/pack.yaml:3: this is no YAML: Map keys must be unique/],
    [
      'a question without a default',
      'questions:\n  - name: costCentre\n    type: string\n    message: Cost centre\n',
      /pack.yaml:4: default is missing: give the answer where nobody is asked/,
    ],
    [
      'a default that its question does not allow',
      'questions:\n  - name: costCentre\n    type: string\n    message: Cost centre\n    default: "12"\n    pattern: "^[0-9]{4}$"\n',
      /pack.yaml:7: the default "12" is not allowed: give a text that matches \^\[0-9\]\{4\}\$$/,
    ],
    [
      'a pattern that is none',
      'questions:\n  - {name: a, type: string, message: A, default: x, pattern: "("}\n',
      /pack.yaml:4: \( is no regular expression$/,
    ],
    [
      'a question with a name of ours',
      'questions:\n  - {name: packageName, type: string, message: A, default: x}\n',
      /pack.yaml:4: the name packageName is the generator's own: choose another$/,
    ],
    [
      'a question that no template could name',
      'questions:\n  - {name: class, type: string, message: A, default: x}\n',
      /pack.yaml:4: a template cannot use the name class: choose another$/,
    ],
    [
      'an answer to no question',
      'answers:\n  targt: {value: local}\n',
      /pack.yaml:4: targt is no question: there are target, ci, level, name, and those of the packs so far$/,
    ],
    [
      'an answer that is not allowed',
      'answers:\n  target: {value: mars, locked: true}\n',
      /pack.yaml:4: --target "mars" is unknown: choose local, kubernetes, aws, azure or gcp$/,
    ],
    [
      'a locked level',
      'answers:\n  level: {value: 2, locked: true}\n',
      /pack.yaml:4: level is each repository's own and cannot be locked/,
    ],
    [
      'a generator that is too old',
      'generator: ">=9"\n',
      /pack.yaml:3: it fits generator >=9, and this is \d\S+: take a version of the pack/,
    ],
    [
      'a range that is none',
      'generator: newest\n',
      /pack.yaml:3: "newest" is no range of versions: write one as ">=1.0.0 <2"$/,
    ],
    [
      'a pack that is not there',
      'extends: base\n',
      /pack.yaml:3: it extends base, which is not among the packs before it: ds-devops$/,
    ],
    [
      'a removal of what there is not',
      'remove:\n  - .github/dependabot.yaml\n',
      /pack.yaml:4: no pack before it has a file ".github\/dependabot.yaml"/,
    ],
    [
      'a removal outside',
      'remove: [../etc/passwd]\n',
      /pack.yaml:3: the path "..\/etc\/passwd" leads out of the repository/,
    ],
    [
      'a rename into git',
      'renames:\n  "2.0.0":\n    a: .git/hooks/pre-commit\n',
      /pack.yaml:5: the path ".git\/hooks\/pre-commit" is git's own/,
    ],
    [
      'a rename in no version',
      'renames:\n  "2": {a: b}\n',
      /pack.yaml:3: renames .* is not what it must be: version of this pack/,
    ],
  ];
  test.each(cases)('%s', async (_, more, message) => {
    expect(await said([withManifest(more)])).toMatch(message);
  });

  test('one that misses what it needs, or is of another kind altogether', async () => {
    expect(await said([{ 'pack.yaml': 'name: acme\n' }])).toBe(
      "the pack acme: <1>/pack.yaml:1: version is missing: give the pack's version, a semantic one in quotes or not, e.g. 2.1.0",
    );
    expect(await said([{ 'pack.yaml': 'name: acme\nversion: 2.1\n' }])).toMatch(
      /pack.yaml:2: version 2.1 is not what it must be: the pack's version/,
    );
    expect(await said([{ 'pack.yaml': '- a\n' }])).toMatch(/^<1>\/pack.yaml:1: .*is not what it must be/);
    expect(await said([{ 'pack.yaml': '' }])).toMatch(/^<1>\/pack.yaml:1: .*is not what it must be/);
  });
});

describe('files of a pack that are refused', () => {
  const cases: [string, Files, RegExp][] = [
    [
      'in a stage that there is not',
      { '7-chaos/a': '' },
      /^the pack acme: <1>\/7-chaos is no stage folder: they are 0-service, /,
    ],
    [
      'in git’s folder',
      { '0-service/sub/.GIT/hooks/post-checkout': '' },
      /<1>\/0-service\/sub\/.GIT\/hooks\/post-checkout: its path is git's own/,
    ],
    ['our state', { '0-service/.yo-rc.json.ejs': '{}' }, /.yo-rc.json.ejs: its path is ds-devops's own state/],
    ['the lock', { '0-service/.ds-devops.lock.json': '{}' }, /its path is ds-devops's own state/],
    [
      'a condition on no answer',
      { '0-service/taget=local/a': '' },
      /<1>\/0-service\/taget=local\/a: taget in the folder's name is no answer: there are target/,
    ],
    [
      'a name of ours in other letters',
      { '0-service/readme.md': '' },
      /README.md \(the pack ds-devops: .*\) and readme.md \(the pack acme: <1>\/0-service\/readme.md\) differ in case only/,
    ],
    [
      'two names that differ in case',
      { '0-service/Notes.md': '', '1-infrastructure/notes.md': '' },
      /Notes.md \(the pack acme.* and notes.md .* differ in case only/,
    ],
    [
      'a folder where a file of ours is',
      { '0-service/README.md/part.md': '' },
      /README.md \(the pack ds-devops.*\) is a file, and README.md\/part.md \(the pack acme.*\) needs a folder there/,
    ],
    [
      'a template that throws',
      { '0-service/a.ejs': 'one\n<% if (level >= 0) { %>\n<% throw new Error("no luck") %>\n<% } %>\n' },
      /^the pack acme: <1>\/0-service\/a.ejs:3 cannot be rendered: no luck$/,
    ],
    [
      'a template with an unknown variable',
      { '0-service/a.ejs': 'one\ntwo <%= levl %>\n' },
      /<1>\/0-service\/a.ejs:2 cannot be rendered: levl is not defined$/,
    ],
    [
      'a template that is not closed',
      { '0-service/a.ejs': 'one\n<% if (level) { %>\ntwo <%= level \n' },
      /<1>\/0-service\/a.ejs:3 cannot be rendered: Could not find matching close tag/,
    ],
    [
      'a template with broken JavaScript',
      { '0-service/a.ejs': 'one\ntwo\n<%= level + %>\nfour\n' },
      /<1>\/0-service\/a.ejs:3 cannot be rendered: /,
    ],
    [
      'a template that reads another file',
      { '0-service/a.ejs': "\n<%- include('/etc/passwd') %>" },
      /a.ejs:2 cannot be rendered: include\(\) is not there: fill a slot instead$/,
    ],
    [
      'a slot that throws',
      { '0-service/slots/readme.ejs': '\n\n<%= nothing %>' },
      /^the pack acme: <1>\/0-service\/slots\/readme.ejs:3 cannot be rendered: nothing is not defined$/,
    ],
    [
      'a slot in a slot that throws',
      { '1-infrastructure/slots/infrastructure-readme.ejs': '<%= nothing %>' },
      /^the pack acme: <1>\/1-infrastructure\/slots\/infrastructure-readme.ejs:1 cannot be rendered: nothing is not defined$/,
    ],
    [
      'a slot that there is not',
      { '0-service/slots/dependancies.ejs': 'x' },
      /<1>\/0-service\/slots\/dependancies.ejs: no template leaves a slot dependancies open: did you mean dependencies\?$/,
    ],
  ];
  test.each(cases)('%s', async (_, files, message) => {
    expect(await said([files])).toMatch(message);
  });

  test('links, to a file, to a folder, and as a stage or the pack.yaml', async () => {
    const link = (to: string, at: string) => async (folder: string) => {
      await fs.mkdirp(path.dirname(path.join(folder, at)));
      await fs.remove(path.join(folder, at));
      await fs.symlink(to, path.join(folder, at));
    };
    for (const [to, at] of [
      ['/etc/passwd', '0-service/a'],
      ['/etc', '0-service/b'],
      ['/etc', '1-infrastructure'],
    ] as const)
      expect(await said([{}], '', link(to, at))).toBe(
        `the pack acme: <1>/${at} is a link or no regular file: put the file itself there`,
      );
    expect(await said([{}], '', link('/etc/passwd', 'pack.yaml'))).toMatch(/^<1>\/pack.yaml is a link or a folder/);
  });

  test('a path that an answer leads out', async () => {
    const asks = withManifest('questions:\n  - {name: team, type: string, message: Team, default: a}\n');
    expect(await said([{ ...asks, '0-service/__team__/a': '' }], '--answer team=..')).toMatch(
      /<1>\/0-service\/__team__\/a: its path, now "..\/a", leads out of the repository$/,
    );
  });
});

test('a template that is no text, and a pack.yaml that unfolds without end', async () => {
  const latin1 = async (folder: string) =>
    fs.outputFile(path.join(folder, '0-service/a.ejs'), Buffer.from([0xe9, 0x0a]));
  expect(await said([{}], '', latin1)).toBe(
    'the pack acme: <1>/0-service/a.ejs is no UTF-8 text: save it as that, or take .ejs off its name and its bytes are copied as they are',
  );
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...['b', 'c', 'd', 'e'].map(
      (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcd'[index]}`).join(', ')}]`,
    ),
  ];
  expect(await said([{ 'pack.yaml': `${bomb.join('\n')}\n` }])).toMatch(
    /^<1>\/pack.yaml: this is no YAML that can be read: Excessive alias count/,
  );
});

test('1 GB of nothing, and 1 GB that templates make', async () => {
  const folder = await newFolder();
  const sparse = path.join(path.dirname(folder), 'sparse');
  await writeFiles(sparse, { 'pack.yaml': manifest, '0-service/zeros': '' });
  await fs.truncate(path.join(sparse, '0-service/zeros'), 2 ** 30);
  expect(await command(folder, `--yes --level 0 --pack ${sparse}`)).toEqual({
    code: 1,
    out: '',
    err: `ds-devops: the pack acme has 1 files of 1024 MiB, and 64 MiB and 10000 files are the most there can be: ${sparse}/0-service/zeros is the largest\n`,
  });
  expect(await snapshot(folder)).toEqual({});
  const many = Object.fromEntries(
    ['a', 'b', 'c'].map((name) => [`0-service/${name}.ejs`, "<%- 'x'.repeat(2 ** 26) %>"]),
  );
  expect(await said([many])).toBe(
    'the pack acme: <1>/0-service/b.ejs: with it more than 128 MiB are rendered, the most there can be: emit less',
  );
  const endless = "<% for (let at = 0; at < 16; at += 1) { %><%- 'x'.repeat(2 ** 26) %><% } %>";
  expect(await said([{ '0-service/a.ejs': endless }])).toBe(
    'the pack acme: <1>/0-service/a.ejs:1 cannot be rendered: Invalid string length',
  );
});

test('a secret in a path', async () => {
  const asks = withManifest('questions:\n  - {name: key, type: string, message: K, default: a, secret: true}\n');
  expect(await said([{ ...asks, '0-service/__key__/a': '' }])).toMatch(
    /__key__\/a: its path would tell the secret key/,
  );
});

describe('packs that do not fit each other', () => {
  const named = (name: string, more: string): Files => ({ 'pack.yaml': `name: ${name}\nversion: 1.0.0\n${more}` });
  const locks = (value: string) => `answers:\n  target: {value: ${value}, locked: true}\n`;

  test.each([
    [
      'the same name twice',
      [named('a', ''), named('a', '')],
      /^the pack a: <2>\/pack.yaml:1: a pack a is there already/,
    ],
    [
      'one answer locked to two values',
      [named('a', locks('local')), named('b', locks('kubernetes'))],
      /^the pack b: <2>\/pack.yaml:4: it locks target to kubernetes, and the pack a locks it to local: leave one of the two out$/,
    ],
    [
      'one question asked by two',
      ['a', 'b'].map((name) => named(name, 'questions:\n  - {name: team, type: string, message: T, default: x}\n')),
      /^the pack b: <2>\/pack.yaml:4: a asks team already: name one otherwise$/,
    ],
    [
      'one that stands alone after another',
      [named('a', ''), named('b', 'extends: none\n')],
      /^the pack b: <2>\/pack.yaml:3: it brings all of its files itself \(extends: none\), so it has to be the first pack, and a comes before it$/,
    ],
    [
      'one that builds on ours where ours are not',
      [named('a', 'extends: none\n'), named('b', '')],
      /^the pack b: <2>\/pack.yaml:\d: it extends ds-devops, which is not among the packs before it: a$/,
    ],
  ] as [string, Files[], RegExp][])('%s', async (_, packs, message) => {
    expect(await said(packs)).toMatch(message);
  });

  test('an answer that a pack has locked', async () => {
    expect(await said([named('a', locks('local'))], '--target kubernetes')).toBe(
      '--target kubernetes: the pack a locks it to local: leave it out',
    );
  });
});
