import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fs from 'fs-extra';
import { parse } from 'yaml';

const schema = await fs.readJson('templates/pack.schema.json');
const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(schema);

const check = async (text: string) => {
  validate(parse(text));
  return validate.errors ?? [];
};

test('the published schema takes our own pack, the example, and what the documentation shows', async () => {
  const [shown] = /```yaml\n(name: acme[\s\S]*?)```/.exec(await fs.readFile('docs/packs.md', 'utf8'))?.slice(1) ?? [];
  const texts = await Promise.all(
    ['templates/pack.yaml', 'examples/acme/pack.yaml'].map((file) => fs.readFile(file, 'utf8')),
  );
  for (const text of [...texts, String(shown)]) expect(await check(text)).toEqual([]);
});

test('whatever can be wrong is described, since the description is what is said', () => {
  const parts = (part: Record<string, unknown>): Record<string, unknown>[] => [
    part,
    ...Object.entries(part)
      .filter(
        ([key, value]) =>
          key !== 'propertyNames' && typeof value === 'object' && value !== null && !Array.isArray(value),
      )
      .flatMap(([key, value]) =>
        key === 'properties' ? Object.values(value as object).flatMap(parts) : parts(value as Record<string, unknown>),
      ),
  ];
  for (const part of parts(schema)) expect(part).toHaveProperty('description');
});
