import path from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import fs from 'fs-extra';
import { stringify } from 'yaml';
import type { Answers } from '../../../generators/engine/answers/answers.ts';
import { UserError } from '../../../generators/engine/errors.ts';
import { compose } from '../../../generators/engine/render/compose.ts';
import { builtInFolder, readPack } from '../../../generators/engine/render/packs.ts';
import { render } from '../../../generators/engine/render/render.ts';
import { newFolder } from '../../support/folder.ts';

const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 300) };
const own = await readPack(builtInFolder);
const answers: Answers = {
  name: 'demo',
  packageName: 'demo',
  level: 0,
  target: 'local',
  ci: 'github',
  model: 'example',
  samples: 'none',
};

/** Reads, composes and renders a pack of one file: the error that a user would see, or undefined. */
async function refused(manifest: string, file: string, text: string | Uint8Array): Promise<unknown> {
  const folder = await newFolder('pack');
  try {
    await fs.writeFile(path.join(folder, 'pack.yaml'), manifest);
    await fs.outputFile(path.join(folder, file), text);
    await render(await compose(own, [await readPack(folder)]), answers);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await fs.remove(path.dirname(folder));
  }
}

/** One line that a person can act on, never a stack trace. */
function expectTold(error: unknown): void {
  if (error === undefined) return;
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(/^\P{Cc}{20,2000}$/u);
}

const anything = fc.anything({
  maxDepth: 2,
  withNullPrototype: false,
  values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)],
});
const oneOf = (...values: unknown[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything });
const question = fc.record(
  {
    name: oneOf('team', 'level', 'class', 'constructor', '__proto__', 'a-b'),
    type: oneOf('string', 'integer', 'boolean'),
    message: oneOf('Team'),
    default: oneOf('a', 1, true),
    pattern: oneOf('^a$', '('),
    choices: oneOf(['a', 'b'], []),
    minimum: oneOf(0, 5),
    secret: oneOf(true, false),
  },
  { requiredKeys: ['name', 'type', 'message'] },
);
const manifest = fc.record(
  {
    name: oneOf('acme', 'ds-devops', 'A B', ''),
    version: oneOf('1.0.0', '1', 1.5),
    generator: oneOf('*', '>=9', 'x y'),
    extends: oneOf('ds-devops', 'none', 'other'),
    questions: fc.oneof(fc.array(question, { maxLength: 2 }), anything),
    answers: fc.oneof(
      fc.dictionary(
        fc.constantFrom('target', 'level', 'team', 'toString'),
        fc.record({ value: oneOf('local', 2, 'a'), locked: oneOf(true) }),
      ),
      anything,
    ),
    remove: fc.oneof(fc.array(oneOf('README.md', '../x', '/etc/passwd', '.git/config'), { maxLength: 2 }), anything),
    renames: fc.oneof(
      fc.dictionary(
        fc.oneof(fc.constantFrom('1.0.0', 'x', '', '[object Object]'), fc.string()),
        fc.dictionary(fc.constantFrom('a', '..'), oneOf('b', '.yo-rc.json')),
      ),
      anything,
    ),
    other: anything,
  },
  { requiredKeys: ['name', 'version'] },
);

test('whatever a pack.yaml holds, it is taken or refused in one line', async () => {
  await fc.assert(
    fc.asyncProperty(manifest, async (value) => expectTold(await refused(stringify(value), '0-service/a.ejs', ''))),
    runs,
  );
});

test('whatever text a pack.yaml is, it is taken or refused in one line', async () => {
  const words = fc.constantFrom(
    'name: acme\n',
    'version: 1.0.0\n',
    '- ',
    ': ',
    '&a ',
    '*a',
    '{',
    '[',
    '"',
    "'",
    '\t',
    '!!js/function x',
    '<<: *a',
    '|\n',
    '#',
    '\0',
    '---\n',
  );
  const text = fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 12 }).map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(text, async (value) => expectTold(await refused(value, '0-service/a.ejs', ''))),
    runs,
  );
});

test('whatever a template holds, it is rendered or refused in one line with the pack and the file', async () => {
  const words = fc.constantFrom(
    '<%= ',
    '<%- ',
    '<% ',
    '-%>',
    '%>',
    '<%%',
    '<%#',
    '_%>',
    'name',
    'slot(',
    "'readme'",
    ')',
    '{',
    '}',
    ';',
    'throw 1',
    'throw null',
    '\n',
    '`',
    '//',
    'include("x")',
    'process.nothing.at',
  );
  const text = fc.oneof(
    fc.array(words, { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const error = await refused('name: acme\nversion: 1.0.0\n', '0-service/a.ejs', value);
      expectTold(error);
      if (error) expect((error as Error).message).toMatch(/^the pack acme: \S+a\.ejs/);
    }),
    runs,
  );
});

test('whatever a file is called, it is emitted inside of the repository or refused in one line', async () => {
  const words = fc.constantFrom(
    '..',
    '.git',
    '.GIT',
    'a',
    '.yo-rc.json',
    '__name__',
    'x=y',
    'target=local',
    'slots',
    '\\',
    ' ',
    ':',
    '\n',
    'ü',
    '.ds-devops.run',
    '%',
    'con',
  );
  const file = fc.array(
    fc.array(words, { minLength: 1, maxLength: 2 }).map((all) => all.join('')),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(file, async (segments) => {
      fc.pre(!segments.includes('..'));
      const error = await refused('name: acme\nversion: 1.0.0\n', `0-service/${segments.join('/')}`, '');
      if (error instanceof Error && 'code' in error) return;
      expectTold(error);
    }),
    runs,
  );
});
