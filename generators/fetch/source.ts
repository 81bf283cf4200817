import { UserError } from '../engine/errors.ts';
import type { PackFile } from './files.ts';

/** A pack as its source has it now. */
export interface Fetched {
  readonly files: readonly PackFile[];
  /** What pins it there: npm's `integrity`, or git's commit. */
  readonly resolved: string;
  /** The version that its source gives it; git gives none. */
  readonly version?: string;
}

/** What takes longer, in milliseconds, is no small archive that comes slowly, but waits for ever. */
export const longest = 600_000;

/** The source, or the network, does not bring it; what a repository that has the pack can do about it is added by the caller. */
export class Unobtainable extends UserError {
  constructor(told: string, program: string, reason: string) {
    super(`${told} cannot be had: ${program} says ${JSON.stringify(reason)}`);
  }
}
