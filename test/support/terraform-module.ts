import type { HclBody, HclFile } from './hcl.ts';
import type { Body, ProviderSchema, Readable, Schema } from './provider-schema.ts';

/** What is wrong in a module, each with its file and its place; and how much was looked at. */
export interface Opinion {
  readonly wrong: readonly string[];
  readonly checked: { readonly objects: number; readonly entries: number; readonly references: number };
}

// What Terraform itself understands, whatever the provider.
const everywhere = ['count', 'for_each', 'depends_on', 'provider', 'lifecycle', 'provisioner', 'connection'];
const ofTerraform = (type: string) => type.startsWith('terraform_');

/** Holds a module against its provider's schema: what is there, what has to be, and what is referred to. */
export async function opinionOn(module: ReadonlyMap<string, HclFile>, provider: ProviderSchema): Promise<Opinion> {
  const wrong: string[] = [];
  const checked = { objects: 0, entries: 0, references: 0 };
  const schemas = new Map<string, Schema>();
  const names = { var: new Set<string>(), local: new Set<string>() };

  for (const [file, content] of module) {
    for (const name of Object.keys(content.variable ?? {})) names.var.add(name);
    for (const body of (content.locals ?? []) as HclBody[]) for (const name of Object.keys(body)) names.local.add(name);
    for (const body of bodies(content.provider, provider.name)) {
      checked.objects += 1;
      checkBody(`${file}: provider ${provider.name}`, body, (await provider.provider()).body);
    }
    for (const kind of ['resource', 'data'] as const)
      for (const [type, byName] of Object.entries((content[kind] ?? {}) as Record<string, Record<string, HclBody[]>>)) {
        const schema = ofTerraform(type) ? undefined : await provider.of(kind, type);
        for (const [name, [body = {}]] of Object.entries(byName)) {
          const address = `${kind === 'data' ? 'data.' : ''}${type}.${name}`;
          if (schema) schemas.set(address, schema);
          if (ofTerraform(type)) continue;
          checked.objects += 1;
          if (!schema) wrong.push(`${file}: ${address}: there is no ${kind} of this type`);
          else checkBody(`${file}: ${address}`, body, schema.body, everywhere);
        }
      }
  }
  for (const [file, content] of module) for (const text of strings(content)) checkReferences(file, text);
  return { wrong, checked };

  function checkBody(at: string, body: HclBody, schema: Body, more: readonly string[] = []) {
    const dynamic = ((body.dynamic as HclBody[] | undefined) ?? {}) as Record<string, HclBody[]>;
    const there = new Map(Object.entries(body).filter(([name]) => name !== 'dynamic' && !more.includes(name)));
    for (const [name, entry] of schema)
      if (entry.required && !there.has(name) && !(name in dynamic)) wrong.push(`${at}: ${name} is missing`);

    for (const [name, value] of there) {
      checked.entries += 1;
      const entry = schema.get(name);
      if (!entry) wrong.push(`${at}: ${name} is unknown`);
      else if (!entry.block) {
        if (!fits(entry.type, value)) wrong.push(`${at}: ${name} is no ${entry.type.replace(/ \|.*/s, '')}`);
      } else if (!isBlocks(value)) wrong.push(`${at}: ${name} is a block, not an argument`);
      else {
        if (!entry.type.includes('[]') && value.length > 1) wrong.push(`${at}: ${name} stands there more than once`);
        for (const inner of value) checkBody(`${at}: ${name}`, inner, entry.block());
      }
    }
    for (const [name, all] of Object.entries(dynamic)) {
      checked.entries += 1;
      const block = schema.get(name)?.block;
      if (!block) wrong.push(`${at}: ${name} is ${schema.has(name) ? 'no block' : 'unknown'}`);
      else
        for (const { content } of all)
          for (const inner of content as HclBody[]) checkBody(`${at}: ${name}`, inner, block());
    }
  }

  function checkReferences(file: string, text: string) {
    for (const [, kind, name] of text.matchAll(/(?<![\w.])(var|local)\.(\w+)/g)) {
      checked.references += 1;
      if (!names[kind as 'var' | 'local'].has(name as string)) wrong.push(`${file}: ${kind}.${name} is not declared`);
    }
    const pattern = new RegExp(
      `(?<![\\w."/])((?:data\\.)?${provider.name}_\\w+\\.\\w+)((?:\\.\\w+|\\[[^\\]]*\\])*)`,
      'g',
    );
    for (const [, address = '', steps = ''] of text.matchAll(pattern)) {
      checked.references += 1;
      let readable: Readable | undefined = schemas.get(address)?.readable;
      if (!readable) wrong.push(`${file}: ${address} is not declared`);
      for (const [, step] of steps.replace(/\[[^\]]*\]/g, '').matchAll(/\.(\w+)/g)) {
        if (!readable || /^\d+$/.test(step as string)) continue;
        const next = readable.get(camel(step as string));
        if (!next) wrong.push(`${file}: ${address} has no ${step}`);
        readable = next?.();
      }
    }
  }
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const bodies = (providers: unknown, name: string) => ((providers ?? {}) as Record<string, HclBody[]>)[name] ?? [];

const isBlocks = (value: unknown): value is HclBody[] =>
  Array.isArray(value) && value.every((each) => each !== null && typeof each === 'object' && !Array.isArray(each));

/** Whether a value can be of a type; what is computed can be of any. */
function fits(type: string, value: unknown): boolean {
  if (value === null || (typeof value === 'string' && value.includes('${'))) return true;
  if (type.startsWith('{')) return typeof value === 'object' && !Array.isArray(value);
  if (/^\w+\[\]/.test(type)) return Array.isArray(value);
  if (type.startsWith('boolean')) return typeof value === 'boolean';
  if (type.startsWith('number')) return typeof value === 'number';
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function* strings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value !== null && typeof value === 'object') for (const each of Object.values(value)) yield* strings(each);
}
