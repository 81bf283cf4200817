import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fs from 'fs-extra';
import { whyNot } from '../disk/paths.ts';
import { UserError } from '../errors.ts';
import { type Manifest, type Refuse, readManifest } from './manifest.ts';
import { stages } from './stages.ts';

/** One template file of a pack. */
export interface Template {
  /** Absolute path of the template on disk. */
  readonly source: string;
  /** Path in the emitted repository, `/`-separated, `.ejs` stripped; may hold `__answer__` placeholders. For a slot: its name. */
  readonly target: string;
  readonly kind: 'file' | 'slot';
  /** The stage that brings the file. */
  readonly level: number;
  /** Answers that must have one of these values for the file to be emitted, from folders named `answer=value,value…`. */
  readonly conditions: ReadonlyArray<readonly [answer: string, values: string]>;
  /** False where the bytes are copied as they are. */
  readonly rendered: boolean;
  readonly executable: boolean;
}

/** A template pack that was found and read: the built-in templates, or a folder of a platform team's. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Makes an error that names the pack and a line of its `pack.yaml`. */
  readonly refuse: Refuse;
  readonly templates: readonly Template[];
  /** Version → paths that its files had before and have from it on, oldest version first. */
  readonly renames: ReadonlyArray<readonly [version: string, paths: Readonly<Record<string, string>>]>;
}

/** The folder of the built-in templates: beside `generators/` in a checkout and in the published `dist/`. */
export const builtInFolder = fileURLToPath(new URL('../../../templates/', import.meta.url));

/** The name of the built-in pack, and of the generator. */
export const builtIn = 'ds-devops';

/** More is no pack of templates, but would fill a memory or a disk. */
export const largestPack = { bytes: 64 * 2 ** 20, files: 10_000 };

/**
 * Reads a pack from a folder: `pack.yaml`, and the stage folders `0-service/` … `6-scale/` beside it.
 *
 * @throws UserError that names the pack and the file, and the line where there is one.
 */
export async function readPack(folder: string): Promise<Pack> {
  const { manifest, refuse } = await readManifest(folder);
  const { name, version, remove = [] } = manifest;
  await refuseUnknownStages(name, folder);
  const found = await Promise.all(
    stages.map(async ({ level, folder: stage }) => templatesBelow(name, path.join(folder, stage), level)),
  );
  refuseLarge(name, found.flat());
  for (const [index, file] of remove.entries()) {
    const why = whyNot(file);
    if (why) throw refuse(['remove', index], `the path ${JSON.stringify(file)} ${why}: give one inside the repository`);
  }
  return {
    name,
    version,
    folder,
    manifest,
    refuse,
    templates: found.flat().map(({ template }) => template),
    renames: await renamesOf(manifest, refuse),
  };
}

async function renamesOf({ renames }: Manifest, refuse: Refuse): Promise<Pack['renames']> {
  if (renames === undefined) return [];
  const { default: semver } = await import('semver');
  for (const [version, paths] of Object.entries(renames))
    for (const [old, now] of Object.entries(paths))
      for (const file of [old, now]) {
        const why = whyNot(file);
        if (why)
          throw refuse(
            ['renames', version, old],
            `the path ${JSON.stringify(file)} ${why}: give one inside the repository`,
          );
      }
  return Object.entries(renames).sort(([a], [b]) => semver.compare(a, b));
}

/**
 * The SHA-256 of all that a pack emits from, hexadecimal: its manifest, and of every template the path, whether it is
 * executable, and the bytes.
 */
export async function integrityOf({ folder, templates }: Pack): Promise<string> {
  const hash = createHash('sha256');
  const files = [{ source: path.join(folder, 'pack.yaml'), executable: false }, ...templates];
  const contents = await Promise.all(files.map(({ source }) => fs.readFile(source)));
  for (const [index, { source, executable }] of files.entries()) {
    const content = contents[index] as Buffer;
    const file = path.relative(folder, source).split(path.sep).join('/');
    hash.update(`${JSON.stringify([file, executable, content.length])}\n`).update(content);
  }
  return hash.digest('hex');
}

async function refuseUnknownStages(name: string, folder: string): Promise<void> {
  const known = stages.map((stage) => stage.folder);
  const entries = await fs.readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const at = path.join(folder, entry.name);
    if (/^\d+-/.test(entry.name) && !known.includes(entry.name))
      throw new UserError(`the pack ${name}: ${at} is no stage folder: they are ${known.join(', ')}`);
    if (known.includes(entry.name) && !entry.isDirectory()) throw noRegularFile(name, at);
  }
}

const noRegularFile = (name: string, at: string) =>
  new UserError(`the pack ${name}: ${at} is a link or no regular file: put the file itself there`);

interface Sized {
  readonly template: Template;
  readonly size: number;
}

function refuseLarge(name: string, templates: readonly Sized[]): void {
  const [largest] = templates.toSorted((a, b) => b.size - a.size);
  const all = templates.reduce((sum, { size }) => sum + size, 0);
  const most = `${largestPack.bytes / 2 ** 20} MiB and ${largestPack.files} files`;
  if (largest && (all > largestPack.bytes || templates.length > largestPack.files))
    throw new UserError(
      `the pack ${name} has ${templates.length} files of ${Math.ceil(all / 2 ** 20)} MiB, and ${most} are the most there can be: ${largest.template.source} is the largest`,
    );
}

async function templatesBelow(name: string, folder: string, level: number): Promise<Sized[]> {
  const entries = await fs
    .readdir(folder, { withFileTypes: true, recursive: true })
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      // Left out, its files would be taken away from the repository.
      throw new UserError(`the pack ${name}: ${folder} cannot be read (${error.code}): make it readable`, {
        cause: error,
      });
    });
  const templates = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map(async (entry) => {
        const source = path.join(entry.parentPath, entry.name);
        if (!entry.isFile()) throw noRegularFile(name, source);
        const { mode, size } = await fs.stat(source);
        const template = describe(source, path.relative(folder, source).split(path.sep), level, (mode & 0o100) !== 0);
        const why = template.kind === 'file' && whyNot(template.target);
        if (why) throw new UserError(`the pack ${name}: ${source}: its path ${why}: give it another`);
        return { template, size };
      }),
  );
  return templates.sort((a, b) => (a.template.source < b.template.source ? -1 : 1));
}

const condition = /^([a-zA-Z][a-zA-Z0-9]*)=([^=]+)$/;

function describe(source: string, segments: string[], level: number, executable: boolean): Template {
  const conditions: [string, string][] = [];
  const kept = segments.filter((segment, index) => {
    const match = index < segments.length - 1 ? condition.exec(segment) : undefined;
    if (match) conditions.push([match[1] as string, match[2] as string]);
    return !match;
  });
  const rendered = source.endsWith('.ejs');
  const kind = kept[0] === 'slots' && rendered ? 'slot' : 'file';
  const target = (kind === 'slot' ? kept.slice(1) : kept).join('/').replace(/\.ejs$/, '');
  return { source, target, kind, level, conditions, rendered, executable };
}
