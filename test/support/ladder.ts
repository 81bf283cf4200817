import { highestLevel } from '../../generators/engine/render/stages.ts';

/** Every target that this version has. */
export const targets = ['local', 'kubernetes', 'aws', 'azure', 'gcp'];

/** Every target, with each of its levels. */
export const rungs = targets.flatMap((target) =>
  Array.from({ length: highestLevel + 1 }, (_, level) => ({ target, level })),
);

/** Every CI provider that this version has. */
export const providers = ['github', 'gitlab', 'azure'];
