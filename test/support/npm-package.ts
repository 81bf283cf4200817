import { createHash } from 'node:crypto';
import path from 'node:path';
import { execa } from 'execa';
import fs from 'fs-extra';

/** A package as the npm registry has it, by its content. */
export interface Pin {
  readonly name: string;
  readonly version: string;
  /** What the registry calls `integrity`. */
  readonly integrity: `sha512-${string}`;
}

const cache = path.resolve('node_modules/.cache/ds-devops/npm');

/**
 * The folder of a package that is too large, or too far from what we are, to be a dependency: fetched once, without what it
 * depends on, and kept out of reach of `npm install`.
 *
 * @param without patterns of files that are not unpacked.
 * @returns the folder, or the reason why it cannot be had.
 * @throws Error if what the registry hands over is not what the pin says.
 */
export async function npmPackage(
  { name, version, integrity }: Pin,
  without: readonly string[] = [],
): Promise<{ folder: string } | { missing: string }> {
  const kept = path.join(cache, `${name.replace('/', '+')}@${version}`);
  const folder = path.join(kept, 'package');
  if (await fs.pathExists(folder)) return { folder };
  const making = `${kept}-${process.pid}`;
  await fs.mkdirp(making);
  try {
    const packed = await execa('npm', ['pack', `${name}@${version}`, '--silent', '--fetch-retries=1'], {
      cwd: making,
      reject: false,
      stdin: 'ignore',
    });
    if (packed.failed) return { missing: `npm pack ${name}@${version} failed: ${packed.stderr.split('\n')[0]}` };
    const archive = path.join(making, packed.stdout.trim());
    const digest = createHash('sha512')
      .update(await fs.readFile(archive))
      .digest('base64');
    if (`sha512-${digest}` !== integrity)
      throw new Error(`${name}@${version} is not the one that was pinned: ${digest}`);
    await execa('tar', ['-xzf', packed.stdout.trim(), ...without.map((each) => `--exclude=${each}`)], { cwd: making });
    await fs.remove(archive);
    // Another test file may have been faster; its result is as good.
    await fs.move(making, kept).catch(() => {});
    return { folder };
  } finally {
    await fs.remove(making);
  }
}
