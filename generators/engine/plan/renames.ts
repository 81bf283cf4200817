import type { Answers } from '../answers/answers.ts';
import type { Lock } from '../disk/lock.ts';
import type { Pack } from '../render/packs.ts';
import { pathOf } from '../render/render.ts';

/**
 * The files that have another path now than when they were last rendered: those that a pack renamed in a version since, and
 * those with an answer in their path that is another one now.
 *
 * @param last the answers of that time, and the versions of the packs.
 */
export async function renamesSince(
  packs: readonly Pack[],
  last: { readonly answers: Partial<Answers>; readonly packs: Lock['packs'] },
  answers: Answers,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, templates, renames } of packs) {
    const version = last.packs[name]?.version;
    const { default: semver } = renames.length > 0 ? await import('semver') : { default: undefined };
    const since = renames.filter(([of]) => version !== undefined && semver?.gt(of, version)).map(([, paths]) => paths);
    const declared = new Map(since.flatMap((paths) => Object.entries(paths)));
    const latest = (target: string) => {
      let now = target;
      for (const paths of since) now = paths[now] ?? now;
      return now;
    };
    for (const target of [...declared.keys(), ...templates.map((template) => template.target)]) {
      const [old, now] = [pathOf(target, last.answers), pathOf(latest(target), answers)];
      if (old !== now) found.set(old, now);
    }
  }
  return found;
}
