import { UserError } from '../errors.ts';
import { distributions, modules } from './reserved.ts';

/** Room for suffixes such as `-staging-deny-all` within the 63 characters of a DNS-1123 label. */
const longest = 40;

export const nameRule = `1 to ${longest} of a-z, 0-9 and -, beginning with a letter and ending with a letter or digit`;

const valid = (name: string) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= longest;

/**
 * A name for the infrastructure, taken as it is.
 *
 * @throws UserError if it is no DNS-1123 label beginning with a letter, is too long, or is a dependency's name.
 */
export function parseName(name: string): string {
  if (!valid(name)) throw new UserError(`--name ${JSON.stringify(name)} is not a valid name: ${nameRule}`);
  if (distributions.has(name))
    throw new UserError(
      `--name ${name} is the name of a package that the repository depends on: choose another, e.g. ${name}-service`,
    );
  return name;
}

/**
 * The name offered for a directory: its own, made a valid one.
 *
 * @throws UserError if nothing of it is left.
 */
export function nameOf(directory: string): string {
  const bent = directory
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, longest)
    .replace(/-+$/, '');
  if (!bent)
    throw new UserError(
      `the directory's name ${JSON.stringify(directory)} cannot be made a valid name: give one with --name (${nameRule})`,
    );
  return distributions.has(bent) ? `${bent}-service` : bent;
}

/** The Python package of a name: an identifier that hides no module of the standard library. */
export function packageOf(name: string): string {
  const identifier = name.replaceAll('-', '_');
  return modules.has(identifier) ? `${identifier}_service` : identifier;
}
