import { type Answers, flags, parseLevel } from '../engine/answers/answers.ts';
import type { Composition } from '../engine/render/compose.ts';
import { highestLevel } from '../engine/render/stages.ts';
import type { Arguments } from './arguments.ts';
import { refuseLocked } from './pack-answers.ts';

/** One repository that is made with a pack. */
export type Case = Pick<Answers, 'level' | 'target' | 'ci'>;

/** Every level, target and provider that packs and the command line allow. @throws UserError if one is typed that they do not. */
export function casesOf({ given }: Arguments, { settled }: Composition): Case[] {
  const values = (name: 'target' | 'ci'): string[] => {
    const { parse, question } = flags.find((flag) => flag.name === name) as Extract<
      (typeof flags)[number],
      { name: 'ci' }
    >;
    const typed = given.get(name);
    const fixed = settled.get(name);
    if (typed !== undefined) refuseLocked(`--${name} ${typed}`, parse(typed), fixed);
    if (fixed?.locked) return [String(fixed.value)];
    return typed === undefined ? question.choices.map(({ value }) => value) : [typed];
  };
  const only = given.get('level');
  const levels =
    only === undefined ? Array.from({ length: highestLevel + 1 }, (_, level) => level) : [parseLevel(only)];
  return values('target').flatMap((target) =>
    values('ci').flatMap((ci) => levels.map((level) => ({ level, target, ci }))),
  );
}

/** The cases at the highest level: every target has the same ones. */
export const highestOf = (cases: readonly Case[]): Case[] => {
  const highest = Math.max(...cases.map(({ level }) => level));
  return cases.filter(({ level }) => level === highest);
};

/** One whole proof for each target, with another provider each; and for the providers that are left over, of the pipeline alone. */
export function proven(cases: readonly Case[]): (Case & { tasks: string })[] {
  const highest = highestOf(cases);
  const targets = [...new Set(highest.map(({ target }) => target))];
  const providers = [...new Set(highest.map(({ ci }) => ci))];
  const count = Math.max(targets.length, providers.length);
  return Array.from({ length: count }, (_, index) => {
    const target = targets[index % targets.length];
    const found = highest.find(
      (each) => each.target === target && each.ci === providers[index % providers.length],
    ) as Case;
    return { ...found, tasks: index < targets.length ? 'verify' : found.level >= 2 ? 'quality' : '' };
  }).filter(({ tasks }) => tasks !== '');
}

/** A case as messages name it. */
export const told = ({ level, target, ci }: Case) => `level ${level}, target ${target}, CI ${ci}`;

/** The cases in a few words. */
export function said(cases: readonly Case[]): string {
  const all = <T>(of: (each: Case) => T) => [...new Set(cases.map(of))].join(', ');
  return `at level ${all(({ level }) => level)}, target ${all(({ target }) => target)}, CI ${all(({ ci }) => ci)}`;
}
