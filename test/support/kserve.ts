import os from 'node:os';
import path from 'node:path';
import { Ajv } from 'ajv';
import { execa } from 'execa';
import fs from 'fs-extra';
import { parse } from 'yaml';

const module = {
  name: 'github.com/kserve/kserve',
  version: 'v0.15.2',
  sum: 'h1:uph7Umk331fvBMrHHpTJNDt6+lf3IAuyiskaQw8wIAk=',
};

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** What KServe itself says of an InferenceService: the schema of its CustomResourceDefinition, out of its Go module. */
export async function inferenceServices(): Promise<{ wrong: (object: unknown) => string[] } | { missing: string }> {
  const { failed, stdout, stderr } = await execa(
    'go',
    ['mod', 'download', '-json', `${module.name}@${module.version}`],
    {
      cwd: os.tmpdir(),
      reject: false,
      stdin: 'ignore',
    },
  );
  if (failed) return { missing: `go mod download ${module.name} failed: ${String(stderr || stdout).split('\n')[0]}` };
  const { Dir, Sum } = JSON.parse(stdout) as { Dir: string; Sum: string };
  if (Sum !== module.sum) throw new Error(`${module.name}@${module.version} is not the one that was pinned: ${Sum}`);
  const file = path.join(Dir, 'config/crd/full/serving.kserve.io_inferenceservices.yaml');
  const [version] = parse(await fs.readFile(file, 'utf8')).spec.versions;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(strictly(version.schema.openAPIV3Schema));
  return {
    wrong: (object) =>
      validate(object) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`),
  };
}

/** A cluster drops fields that the schema does not know; here they are wrong. */
function strictly(schema: Schema): Schema {
  const { properties, items, additionalProperties: more } = schema;
  const open =
    schema['x-kubernetes-preserve-unknown-fields'] || !properties || (properties.apiVersion && properties.kind);
  return {
    ...schema,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, strictly(each)])) }
      : {}),
    ...(items ? { items: strictly(items) } : {}),
    ...(typeof more === 'object'
      ? { additionalProperties: strictly(more) }
      : open
        ? {}
        : { additionalProperties: false }),
  };
}
