import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import { lockFile } from '../../generators/engine/disk/lock.ts';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';
import { rungs } from '../support/ladder.ts';
import { modelsByFormat } from '../support/models.ts';
import { identityOnnx } from '../support/onnx.ts';

async function generated(argv: string): Promise<string> {
  const folder = await newFolder();
  expect(await command(folder, `--yes ${argv}`)).toMatchObject({ code: 0, err: '' });
  return folder;
}

describe('a new repository', () => {
  test('says what was done in each stage, and the next command', async () => {
    const folder = await newFolder();
    const { code, out } = await command(path.dirname(folder), 'demo --yes --level 1');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^demo: level 1, target local, CI github, in demo\n {2}0 Service +\d+ created\n {2}1 Infrastructure as Code +\d+ created\n/,
    );
    expect(out).toMatch(/Next: cd demo && uv sync && uv run poe train && uv run poe verify\n$/);
  });

  test('is made in a folder that is not there yet, and takes its name', async () => {
    const folder = await newFolder();
    await command(folder, 'new/Churn_Model --level 0 --yes');
    const stored = await fs.readJson(path.join(folder, 'new/Churn_Model', storedFile));
    expect(stored['generator-ds-devops']).toEqual({
      level: 0,
      name: 'churn-model',
      target: 'local',
      ci: 'github',
      model: 'example',
    });
  });

  test('gets level 3 where none is said: enough to deliver', async () => {
    const folder = await generated('');
    expect((await fs.readJson(path.join(folder, storedFile)))['generator-ds-devops'].level).toBe(3);
  });

  test("beside files of the owner's keeps them, puts ours beside, and exits 3", async () => {
    const folder = await newFolder();
    await writeFiles(folder, { 'README.md': '# mine\n', notes: 'mine' });
    const { code, out } = await command(folder, '--level 0 --yes');
    expect(code).toBe(3);
    expect(out).toContain('conflict: README.md: there was one of the owner');
    expect(await fs.readFile(path.join(folder, 'README.md'), 'utf8')).toBe('# mine\n');
    expect(await fs.readFile(path.join(folder, 'README.md.ds-devops-new'), 'utf8')).toContain('demo');
    expect((await command(folder, '--yes')).code).toBe(0);
  });
});

describe('the same command again', () => {
  test('changes nothing, byte for byte', async () => {
    const folder = await generated('--level 2');
    const before = await snapshot(folder);
    const { code, out } = await command(folder, '--yes');
    expect(code).toBe(0);
    expect(out).not.toMatch(/created|updated|merged|conflict|removed/);
    expect(await snapshot(folder)).toEqual(before);
  });
});

describe('climbing', () => {
  const steps = rungs.flatMap(({ target, level: to }) =>
    Array.from({ length: to }, (_, from) => [target, from, to] as const),
  );
  test.each(steps)(
    '%s: from level %d to %d an untouched repository is that of a fresh one',
    async (target, from, to) => {
      const climbed = await generated(`--level ${from} --target ${target}`);
      expect((await command(climbed, `--level ${to}`)).code).toBe(0);
      expect(await snapshot(climbed)).toEqual(await snapshot(await generated(`--level ${to} --target ${target}`)));
    },
  );

  test('keeps what the owner added, changed and deleted', async () => {
    const folder = await generated('--level 0');
    const at = (file: string) => path.join(folder, file);
    await fs.appendFile(at('README.md'), '\nmy own words\n');
    await fs.appendFile(at('pyproject.toml'), '\n[tool.mine]\nkey = 1\n');
    await fs.remove(at('slo.yaml'));
    const { code, out } = await command(folder, '--level 2');
    expect(code).toBe(0);
    expect(out).toMatch(/0 Service .*merged.*1 deleted\n/);
    expect(await fs.readFile(at('README.md'), 'utf8')).toMatch(/my own words\n$/);
    expect(await fs.readFile(at('pyproject.toml'), 'utf8')).toMatch(/\[tool\.mine\]\nkey = 1\n$/);
    expect(await fs.pathExists(at('slo.yaml'))).toBe(false);
  });

  test('changing the target is an update like any other', async () => {
    const folder = await generated('--level 1 --target local');
    expect((await command(folder, '--target kubernetes')).code).toBe(0);
    expect(await snapshot(folder)).toEqual(await snapshot(await generated('--level 1 --target kubernetes')));
  });
});

describe('looking before leaping', () => {
  test('--dry-run shows what would be done and writes nothing', async () => {
    const folder = await newFolder();
    const { code, out } = await command(folder, '--level 1 --yes --dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/ {2}created {3}pyproject\.toml\n/);
    expect(out).toMatch(/Nothing was written\.\n$/);
    expect(await snapshot(folder)).toEqual({});
  });

  test('--check exits 4 where something would change, and 0 where nothing would', async () => {
    const folder = await newFolder();
    expect((await command(folder, '--check')).code).toBe(4);
    expect(await snapshot(folder)).toEqual({});
    await command(folder, '--level 1 --yes');
    expect((await command(folder, '--check')).code).toBe(0);
    expect((await command(folder, '--check --level 2')).code).toBe(4);
    await fs.remove(path.join(folder, lockFile));
    expect((await command(folder, '--check')).code).toBe(1);
  });

  test('--json prints the plan and nothing else on standard output', async () => {
    const folder = await newFolder();
    const { code, out, err } = await command(folder, '--level 0 --yes --json');
    expect(code).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ schema: 1, directory: folder, answers: { level: 0, name: 'demo' } });
    expect(told.files).toContainEqual({
      path: 'pyproject.toml',
      outcome: 'created',
      stage: 0,
      pack: 'ds-devops',
      write: 'pyproject.toml',
    });
    expect(err).toContain('Next:');
  });
});

describe("the user's own model", () => {
  test('lies in the repository, is recorded by its hash alone, and survives a re-run without --model', async () => {
    const folder = await newFolder();
    await writeFiles(path.dirname(folder), { 'm.onnx': identityOnnx() });
    expect((await command(folder, '--level 1 --yes --model ../m.onnx')).code).toBe(0);
    expect(await fs.readFile(path.join(folder, 'model/model.onnx'))).toEqual(identityOnnx());
    const lock = await fs.readJson(path.join(folder, lockFile));
    expect(lock.files['model/model.onnx']).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(lock.files['model/model.onnx']).not.toHaveProperty('deflated');
    const before = await snapshot(folder);
    expect((await command(folder, '--yes')).code).toBe(0);
    expect(await snapshot(folder)).toEqual(before);
    expect((await command(folder, '--level 2')).code).toBe(0);
    expect(await fs.readFile(path.join(folder, 'model/model.onnx'))).toEqual(identityOnnx());
  });

  test.each(Object.entries(modelsByFormat))('of the format %s brings its own loader alone', async (format, own) => {
    const folder = await newFolder();
    await writeFiles(path.dirname(folder), { [own.file]: own.bytes });
    expect((await command(folder, `--level 0 --yes --model ../${own.file}`)).code).toBe(0);
    expect(await fs.readFile(path.join(folder, 'model', own.file))).toEqual(own.bytes);
    expect(await fs.readJson(path.join(folder, 'model/manifest.json'))).toMatchObject({ format, file: own.file });
    const sources = await fs.readdir(path.join(folder, 'src/demo'));
    expect(sources.filter((file) => file.endsWith('_model.py'))).toEqual(
      [...new Set(['onnx_model.py', `${format}_model.py`])].sort(),
    );
    const before = await snapshot(folder);
    expect((await command(folder, '--yes')).code).toBe(0);
    expect(await snapshot(folder)).toEqual(before);
  });

  test('may come in another format later: the files follow, and what the owner trusts stays', async () => {
    const folder = await newFolder();
    const { onnx, skops, python } = modelsByFormat;
    const columns = JSON.stringify([{ type: 'double', name: 'a' }]);
    const MLmodel = JSON.stringify({
      flavors: { sklearn: { serialization_format: 'skops', pickled_model: 'm' } },
      signature: { inputs: columns },
    });
    const above = { 'm.onnx': onnx.bytes, 'm.py': python.bytes, 'flow/MLmodel': MLmodel, 'flow/m': skops.bytes };
    await writeFiles(path.dirname(folder), above);
    const read = (file: string) => fs.readFile(path.join(folder, file), 'utf8').catch(() => undefined);
    await command(folder, '--level 0 --yes --model ../m.onnx');
    expect((await command(folder, '--yes --model ../flow')).code).toBe(0);
    expect([await read('model/model.onnx'), await read('model/model.skops')]).toEqual([
      undefined,
      skops.bytes.toString(),
    ]);
    expect(JSON.parse(String(await read('model/manifest.json')))).toMatchObject({
      feature_names: ['a'],
      format: 'skops',
    });
    const trusted = `${await read('model/trusted_types.txt')}mine.Type\n`;
    await fs.writeFile(path.join(folder, 'model/trusted_types.txt'), trusted);
    const manifest = await read('model/manifest.json');
    expect((await command(folder, '--level 1')).code).toBe(0);
    expect([await read('model/trusted_types.txt'), await read('model/manifest.json')]).toEqual([trusted, manifest]);
    await command(folder, '--yes --model ../m.py');
    expect(await read('model/model.skops')).toBeUndefined();
    expect(await read('model/manifest.json')).not.toContain('feature_names');
    expect(await read('.yo-rc.json')).not.toContain('featureNames');
    expect(await read('model/trusted_types.txt')).toContain('mine.Type');
  });

  test.each(Object.values(modelsByFormat))(
    'asked to train $file, says where the code goes and what it must write',
    async ({ file, bytes }) => {
      const folder = await newFolder();
      await writeFiles(path.dirname(folder), { [file]: bytes });
      await command(folder, `--level 0 --yes --model ../${file}`);
      expect(await fs.readFile(path.join(folder, 'tasks/0-service.toml'), 'utf8')).toContain(
        'cmd = "python -m demo.train"',
      );
      const { exitCode, stderr } = await execa('python3', ['src/demo/train.py'], { cwd: folder, reject: false });
      expect([exitCode, stderr]).toEqual([
        1,
        `No training code here yet: put it into src/demo/train.py; it must write model/${file} and, with its sha256, model/manifest.json`,
      ]);
    },
  );

  test('is told to go to Git LFS where a host of git would not take it', async () => {
    const folder = await newFolder();
    const large = Buffer.concat([modelsByFormat.python.bytes, Buffer.alloc(51 * 2 ** 20, '#')]);
    await writeFiles(path.dirname(folder), { 'm.py': large });
    const { code, out } = await command(folder, '--level 0 --yes --model ../m.py');
    expect([code, out]).toEqual([0, expect.stringContaining('before you commit it, git lfs track model/model.py')]);
    expect((await fs.stat(path.join(folder, lockFile))).size).toBeLessThan(2 ** 20);
  });
});

describe("samples for the user's own model", () => {
  const csv = 'x,y\r\n1,2\r\n';
  const parquet = 'PAR1\0PAR1';
  const read = (folder: string, file: string) => fs.readFile(path.join(folder, file), 'utf8').catch(() => undefined);

  async function sampled(argv: string): Promise<string> {
    const folder = await newFolder();
    await writeFiles(path.dirname(folder), { 'm.onnx': identityOnnx(), 'rows.csv': csv, 'rows.parquet': parquet });
    expect((await command(folder, `--yes --model ../m.onnx ${argv}`)).code).toBe(0);
    return folder;
  }

  test('lie in the repository byte for byte, are recorded by their hash alone, and survive a re-run', async () => {
    const folder = await sampled('--level 0 --samples ../rows.csv');
    expect(await read(folder, 'data/samples.csv')).toBe(csv);
    expect(await read(folder, '.gitattributes')).toContain('data/samples.csv -text');
    expect(await read(folder, 'tasks/0-service.toml')).toContain('[tasks.samples]');
    expect((await fs.readJson(path.join(folder, lockFile))).files['data/samples.csv']).not.toHaveProperty('deflated');
    const before = await snapshot(folder);
    const { code, out } = await command(folder, '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining('uv sync && uv run poe samples && uv run poe verify')]);
    expect(await snapshot(folder)).toEqual(before);
    expect((await command(folder, '--check --samples ../rows.csv')).code).toBe(0);
  });

  test('may come later, and in another format: the files follow', async () => {
    const folder = await sampled('--level 2');
    expect(await read(folder, 'tests/service/test_samples.py')).toContain('ds-devops --samples FILE');
    expect(await read(folder, 'tasks/0-service.toml')).not.toContain('[tasks.samples]');
    const dry = await command(folder, '--dry-run --samples ../rows.csv');
    expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/created +data\/samples\.csv\n/)]);
    expect((await command(folder, '--check --samples ../rows.csv')).code).toBe(4);
    expect(await read(folder, 'data/samples.csv')).toBeUndefined();
    const { out } = await command(folder, '--yes --json --samples ../rows.csv');
    expect(JSON.parse(out).answers).toMatchObject({ model: 'onnx', samples: 'csv' });
    expect(await snapshot(folder)).toEqual(await snapshot(await sampled('--level 2 --samples ../rows.csv')));
    expect((await command(folder, '--yes --samples ../rows.parquet')).code).toBe(0);
    expect(await snapshot(folder)).toEqual(await snapshot(await sampled('--level 2 --samples ../rows.parquet')));
    expect(await read(folder, 'data/samples.csv')).toBeUndefined();
    expect(await read(folder, 'pyproject.toml')).toContain('"pyarrow');
  });

  test("of the owner's, changed since, are never merged nor overwritten", async () => {
    const folder = await sampled('--level 0 --samples ../rows.csv');
    await fs.appendFile(path.join(folder, 'data/samples.csv'), '3,4\n');
    expect((await command(folder, '--yes')).code).toBe(0);
    await writeFiles(path.dirname(folder), { 'rows.csv': `${csv}5,6\n` });
    expect((await command(folder, '--yes --samples ../rows.csv')).code).toBe(3);
    expect(await read(folder, 'data/samples.csv')).toBe(`${csv}3,4\n`);
    expect(await read(folder, 'data/samples.csv.ds-devops-new')).toBe(`${csv}5,6\n`);
  });

  test('are for a model of their own alone, not for the example', async () => {
    const folder = await newFolder();
    await writeFiles(path.dirname(folder), { 'rows.csv': csv });
    const { code, err } = await command(folder, '--level 0 --yes --samples ../rows.csv');
    expect([code, err]).toEqual([1, expect.stringContaining('give it too, with --model PATH')]);
  });
});
