import { whyNot } from '../engine/disk/paths.ts';
import { UserError } from '../engine/errors.ts';
import { largestPack } from '../engine/render/packs.ts';

/** A file of a pack as npm or git hands it over. */
export interface PackFile {
  /** `/`-separated, relative to the folder of `pack.yaml`. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Buffer;
}

/**
 * Whether a path belongs to what a pack emits from; the rest (a README, tests) is the pack's own. A stage itself is a path in
 * git where it is a link or a submodule.
 */
export const emitsFrom = (path: string): boolean => path === 'pack.yaml' || /^\d+-[^/]*(\/|$)/.test(path);

/**
 * Refuses a path that would be written outside of the pack's folder, or into a `.git`.
 *
 * @param told how the pack is called in the message.
 */
export function refuseEscape(told: string, path: string): void {
  const why = whyNot(path);
  if (why) throw new UserError(`${told}: its file ${JSON.stringify(path)} ${why}: nothing of it was taken`);
}

export const tooLarge = (told: string): UserError =>
  new UserError(
    `${told} is larger than a pack can be: ${largestPack.bytes / 2 ** 20} MiB and ${largestPack.files} files at most; nothing of it was taken`,
  );
