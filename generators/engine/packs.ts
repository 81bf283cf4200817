import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fs from 'fs-extra';
import { parse } from 'yaml';
import { UserError } from './errors.ts';
import { isInside } from './paths.ts';
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
  /** Answers that must have these values for the file to be emitted, from folders named `answer=value`. */
  readonly conditions: ReadonlyArray<readonly [answer: string, value: string]>;
  /** False where the bytes are copied as they are. */
  readonly rendered: boolean;
  readonly executable: boolean;
}

/** A template pack that was found and read: the built-in templates, or a folder of a platform team's. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly templates: readonly Template[];
  /** Version → paths that its files had before and have from it on, oldest version first. */
  readonly renames: ReadonlyArray<readonly [version: string, paths: Readonly<Record<string, string>>]>;
}

/** The folder of the built-in templates: beside `generators/` in a checkout and in the published `dist/`. */
export const builtInFolder = fileURLToPath(new URL('../../templates/', import.meta.url));

const condition = /^([a-zA-Z]+)=([a-z0-9-]+)$/;

/**
 * Reads a pack from a folder: `pack.yaml`, and the stage folders `0-service/` … `6-scale/` beside it.
 *
 * @throws UserError if the folder holds no readable `pack.yaml` with a name and a version.
 */
export async function readPack(folder: string): Promise<Pack> {
  const file = path.join(folder, 'pack.yaml');
  const text = await fs.readFile(file, 'utf8').catch(() => {
    throw new UserError(`${folder} is no template pack: it has no readable pack.yaml`);
  });
  const { name, version, renames } = parse(text) as { name?: unknown; version?: unknown; renames?: unknown };
  if (typeof name !== 'string' || typeof version !== 'string')
    throw new UserError(`${file} needs a name and a version, both text`);
  const found = await Promise.all(
    stages.map(async ({ level, folder: stage }) => templatesBelow(path.join(folder, stage), level)),
  );
  return { name, version, folder, templates: found.flat(), renames: await renamesOf(file, renames) };
}

async function renamesOf(file: string, renames: unknown): Promise<Pack['renames']> {
  if (renames === undefined) return [];
  const { default: semver } = await import('semver');
  const entries = Object.entries(renames as object) as [string, Record<string, string>][];
  for (const [version, paths] of entries)
    if (!semver.valid(version) || !Object.entries(paths).flat().every(isInside))
      throw new UserError(`${file}: renames ${JSON.stringify(version)} is no version with paths inside the repository`);
  return entries.sort(([a], [b]) => semver.compare(a, b));
}

async function templatesBelow(folder: string, level: number): Promise<Template[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const templates = await Promise.all(
    files.map(async (entry) => {
      const source = path.join(entry.parentPath, entry.name);
      const { mode } = await fs.stat(source);
      const executable = (mode & 0o100) !== 0;
      return describe(source, path.relative(folder, source).split(path.sep), level, executable);
    }),
  );
  return templates.sort((a, b) => (a.source < b.source ? -1 : 1));
}

function describe(source: string, segments: string[], level: number, executable: boolean): Template {
  const conditions: [string, string][] = [];
  const kept = segments.filter((segment) => {
    const match = condition.exec(segment);
    if (match) conditions.push([match[1] as string, match[2] as string]);
    return !match;
  });
  const rendered = source.endsWith('.ejs');
  const kind = kept[0] === 'slots' && rendered ? 'slot' : 'file';
  const target = (kind === 'slot' ? kept.slice(1) : kept).join('/').replace(/\.ejs$/, '');
  return { source, target, kind, level, conditions, rendered, executable };
}
