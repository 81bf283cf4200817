import path from 'node:path';
import fs from 'fs-extra';
import type { Document, LineCounter } from 'yaml';
import { UserError } from '../errors.ts';

/** What an answer can be. */
export type Value = string | number | boolean;

/** A question of a pack, as `pack.yaml` has it. */
export interface Question {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly message: string;
  readonly default: Value;
  /** A regular expression that the whole of a string is searched with. */
  readonly pattern?: string;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly secret?: boolean;
}

/** `pack.yaml` of a template pack, in the form that `templates/pack.schema.json` gives it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  /** The range of generator versions that it fits. */
  readonly generator?: string;
  readonly extends?: string;
  readonly questions?: readonly Question[];
  readonly answers?: Readonly<Record<string, { readonly value: Value; readonly locked?: boolean }>>;
  readonly remove?: readonly string[];
  readonly renames?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A place in `pack.yaml`: the keys and positions that lead to it. */
export type Keys = readonly (string | number)[];

/** Makes an error that names the pack, the file and the line of a place in it. */
export type Refuse = (keys: Keys, problem: string) => UserError;

/**
 * Reads `pack.yaml` of a folder, and checks it against the published schema.
 *
 * @throws UserError that names the file and the line.
 */
export async function readManifest(folder: string): Promise<{ manifest: Manifest; refuse: Refuse }> {
  const file = path.join(folder, 'pack.yaml');
  const stat = await fs.lstat(file).catch(() => undefined);
  if (!stat) {
    const there = await fs.pathExists(folder);
    throw new UserError(
      `${folder} is no template pack: ${there ? 'it holds no pack.yaml' : 'there is no such folder'}; give a folder with a pack.yaml and stage folders (0-service/ … 6-scale/)`,
    );
  }
  if (!stat.isFile()) throw new UserError(`${file} is a link or a folder: a pack holds regular files only`);
  const text = await fs.readFile(file, 'utf8');
  const { LineCounter: Counter, parseDocument } = await import('yaml');
  const lines = new Counter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new UserError(`${file}:${line}: this is no YAML: ${broken.message.split('\n')[0]}`);
  }
  const value = plain(file, document);
  const name = isObject(value) && typeof value.name === 'string' ? `the pack ${value.name}: ` : '';
  const refuse: Refuse = (keys, problem) =>
    new UserError(`${name}${file}:${lineOf(document, lines, keys)}: ${problem}`);
  const wrong = await firstWrong(value);
  if (wrong) throw refuse(wrong.keys, wrong.problem);
  return { manifest: value as Manifest, refuse };
}

/** The document as plain values. Aliases that would unfold without end are refused. */
function plain(file: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UserError(`${file}: this is no YAML that can be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The line of a place, or of the nearest one above it that is there. */
function lineOf(document: Document, lines: LineCounter, keys: Keys): number {
  for (let length = keys.length; length > 0; length -= 1) {
    const offset = offsetOf(document, keys.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

function offsetOf(document: Document, keys: Keys): number | undefined {
  const parent: unknown = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1), true);
  const items = (parent as { items?: unknown[] } | null)?.items ?? [];
  const last = keys.at(-1);
  for (const [index, item] of items.entries()) {
    const { key, range } = item as { key?: { value?: unknown; range?: number[] }; range?: number[] };
    if (key ? String(key.value) === String(last) : index === last) return (key?.range ?? range)?.[0];
  }
  return undefined;
}

interface Schema {
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly propertyNames?: Schema;
}

interface Wrong {
  readonly keys: Keys;
  readonly problem: string;
}

/** What is wrong with a manifest first, or undefined. */
async function firstWrong(value: unknown): Promise<Wrong | undefined> {
  const [{ Validator }, schema] = await Promise.all([
    import('@cfworker/json-schema'),
    fs.readJson(path.join(import.meta.dirname, '../../../templates/pack.schema.json')),
  ]);
  const { errors } = new Validator(schema, '2020-12', false).validate(value);
  if (errors.length === 0) return undefined;
  const told = errors.flatMap(({ keyword, instanceLocation, error }) => {
    const keys = pointer(instanceLocation);
    // The validator also tells of every known key beside an unknown one, and of each object above.
    if (['properties', 'items', 'additionalProperties'].includes(keyword)) return [];
    const within = schemaAt(schema, keys.slice(0, -1));
    const key = keys.at(-1);
    if (keyword === 'false') return within?.properties?.[String(key)] ? [] : [unknownKey(keys, within)];
    if (keyword === 'required') return [{ keys, problem: missing(error, schemaAt(schema, keys)) }];
    const rule = schemaAt(schema, keys)?.description;
    return [{ keys, problem: `${named(keys)}${JSON.stringify(at(value, keys))} is not what it must be: ${rule}` }];
  });
  return told[0];
}

const pointer = (location: string): (string | number)[] =>
  location
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));

const at = (value: unknown, keys: Keys): unknown =>
  keys.reduce<unknown>((within, key) => (within as Record<string, unknown> | undefined)?.[key], value);

function schemaAt(schema: Schema, keys: Keys): Schema | undefined {
  return keys.reduce<Schema | undefined>((within, key) => {
    if (typeof key === 'number' && within?.items) return within.items;
    return within?.properties?.[String(key)] ?? (within?.additionalProperties || undefined);
  }, schema);
}

/** A place as people say it: `questions[0].type`. */
const named = (keys: Keys): string => {
  const said = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return said ? `${said.replace(/^\./, '')} ` : '';
};

function unknownKey(keys: Keys, within: Schema | undefined): Wrong {
  const allowed = Object.keys(within?.properties ?? {}).join(', ');
  return { keys, problem: `unknown key ${JSON.stringify(keys.at(-1))}: the keys here are ${allowed}` };
}

function missing(error: string, schema: Schema | undefined): string {
  const key = /"(.*)"/.exec(error)?.[1] ?? '';
  return `${key} is missing: give ${schema?.properties?.[key]?.description ?? 'it'}`;
}
