import os from 'node:os';
import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../engine/errors.ts';

/** What a machine's owner has set for new repositories. */
export interface Configuration {
  /** As after `--pack`, in order. */
  readonly packs: readonly string[];
  /** Whether these need no `--trust`. */
  readonly trusts: boolean;
  /** The folder that relative paths are relative to. */
  readonly folder: string;
  /** Where all of this stands; undefined where nothing does. */
  readonly file?: string;
}

const form = 'it has to be as "packs: [REF, …]", with "trust: true" beside it or not';

/**
 * The first configuration that there is: the file named by `DS_DEVOPS_CONFIG` (none if that is empty), the person's own, the machine's.
 *
 * @throws UserError that names the file, where it is not one.
 */
export async function configuration(): Promise<Configuration> {
  for (const file of places()) {
    const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ENOTDIR'].includes(error.code ?? '') && file !== process.env.DS_DEVOPS_CONFIG) return undefined;
      throw new UserError(`the configuration ${file} cannot be read (${error.code}): mend it, or set DS_DEVOPS_CONFIG`);
    });
    if (text === undefined) continue;
    const { trusts, ...more } = await parsed(file, text);
    return { ...more, trusts: trusts && !isEverybodys(file) };
  }
  return { packs: [], trusts: false, folder: '.' };
}

function places(): string[] {
  const { DS_DEVOPS_CONFIG, XDG_CONFIG_HOME, APPDATA, ProgramData } = process.env;
  if (DS_DEVOPS_CONFIG !== undefined) return DS_DEVOPS_CONFIG ? [DS_DEVOPS_CONFIG] : [];
  const windows = process.platform === 'win32';
  const own = XDG_CONFIG_HOME || (windows && APPDATA) || path.join(os.homedir(), '.config');
  return [own, (windows && ProgramData) || '/etc'].map((folder) => path.join(folder, 'ds-devops/config.yaml'));
}

/** Whether any user of the machine may make this file: what it says about trust is nobody's word. */
const isEverybodys = (file: string) =>
  process.platform === 'win32' && process.env.DS_DEVOPS_CONFIG === undefined && file === places().at(-1);

async function parsed(file: string, text: string): Promise<Configuration> {
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new UserError(`the configuration ${file} is no YAML (${(error as Error).message.split('\n')[0]}): ${form}`);
  }
  const { packs = [], trust = false, ...more } = (value ?? {}) as Record<string, unknown>;
  const areTexts = Array.isArray(packs) && packs.every((each) => typeof each === 'string' && each !== '');
  if (!areTexts || typeof trust !== 'boolean' || Object.keys(more).length > 0)
    throw new UserError(`the configuration ${file} is not understood: ${form}`);
  return { packs, trusts: trust, folder: path.dirname(path.resolve(file)), file };
}
