import path from 'node:path';
import fs from 'fs-extra';
import type { Answers } from '../engine/answers/answers.ts';
import { noSamples } from '../engine/model/samples.ts';
import { besideSuffix } from '../engine/plan/decision.ts';
import type { Decided } from './decide.ts';

export interface Installed {
  /** How uv is called from the repository. */
  readonly uv: string;
  /** What went wrong, in one line; absent if all went well. */
  readonly failed?: string;
  /** The command that repeats the installation. */
  readonly repeat: string;
}

/** What of a model's files is written by the repository itself, and by which task. */
const made = { train: 'model/model.onnx', samples: 'model/profile.json' };

const progressOf = { train: 'Training the example', samples: 'Asking the model about the samples' };

/** The tasks that a repository has to run once before it can prove itself. */
export const firstTasks = ({ model, samples }: Answers): (keyof typeof made)[] => [
  ...(model === 'example' ? ['train' as const] : []),
  ...(samples === noSamples ? [] : ['samples' as const]),
];

/**
 * Makes the written repository ready to use: its environment by `uv sync`, the example's model by `poe train`, and what
 * samples tell of a model by `poe samples`. What is there already is not done again, unless a file of the user's that it
 * was made from is another now.
 */
export async function install(
  { root, answers, changes }: Decided,
  progress: (text: string) => void,
): Promise<Installed> {
  const waiting = `pyproject.toml${besideSuffix}`;
  if (await fs.pathExists(path.join(root, waiting)))
    return {
      uv: 'uv',
      failed: `your pyproject.toml is without what ${waiting} holds: take over what it needs and delete that file.`,
      repeat: 'uv sync',
    };
  const environment = path.join(root, '.venv');
  const dependenciesChanged = changes.writes.some(({ path: file }) => file === 'pyproject.toml');
  const toSync = dependenciesChanged || !(await fs.pathExists(environment));
  const handed = changes.writes.some(({ path: file }) => /^(model\/model|data\/samples)\.\w+$/.test(file));
  const tasks: ReturnType<typeof firstTasks> = [];
  for (const task of firstTasks(answers))
    if (handed || !(await fs.pathExists(path.join(root, made[task])))) tasks.push(task);
  const steps = [
    ...(toSync
      ? [{ words: 'Installing the dependencies (the first time takes a minute)', step: ['sync', '--quiet'] }]
      : []),
    ...tasks.map((task) => ({ words: progressOf[task], step: ['run', '--quiet', 'poe', '--quiet', task] })),
  ];
  const { uv, onPath, failed } = steps.length > 0 ? await findUv(root, progress) : { uv: 'uv', onPath: true };
  const typed = onPath ? 'uv' : path.relative(root, uv);
  const again = failed ? 'uv' : typed;
  const repeat = ['sync', ...firstTasks(answers).map((task) => `run poe ${task}`)]
    .map((words) => `${again} ${words}`)
    .join(' && ');
  if (failed) return { uv: 'uv', failed, repeat };
  for (const { words, step } of steps) {
    progress(`${words} …\n`);
    const { ok, output } = await execute(root, uv, step);
    if (!ok) {
      progress(output);
      return { uv: typed, failed: `uv ${step.join(' ')} failed: its words are above.`, repeat };
    }
  }
  return { uv: typed, repeat };
}

interface Uv {
  readonly uv: string;
  readonly onPath: boolean;
  readonly failed?: string;
}

/** The uv of the machine, else of the repository's own environment, which is begun with pip where there is none. */
export async function findUv(root: string, progress: (text: string) => void): Promise<Uv> {
  if ((await execute(root, 'uv', ['--version'])).ok) return { uv: 'uv', onPath: true };
  const windows = process.platform === 'win32';
  const binaries = path.join(root, '.venv', windows ? 'Scripts' : 'bin');
  const own = path.join(binaries, windows ? 'uv.exe' : 'uv');
  if (await fs.pathExists(own)) return { uv: own, onPath: false };
  progress('There is no uv on the PATH: the repository gets its own in .venv …\n');
  const pyproject = await fs.readFile(path.join(root, 'pyproject.toml'), 'utf8').catch(() => '');
  const requirement = /"(uv[<>=~][^"]*)"/.exec(pyproject)?.[1] ?? 'uv';
  for (const python of windows ? ['py', 'python'] : ['python3', 'python']) {
    const made = await execute(root, python, ['-m', 'venv', '.venv']);
    const pip = ['-m', 'pip', 'install', '--quiet', requirement];
    const filled = made.ok ? await execute(root, path.join(binaries, 'python'), pip) : made;
    if (filled.ok) return { uv: own, onPath: false };
    progress(filled.output);
  }
  return {
    uv: 'uv',
    onPath: true,
    failed: 'there is no uv: install it (https://docs.astral.sh/uv/getting-started/installation/).',
  };
}

/** Runs a program in a repository; what it prints is not shown. */
export async function execute(
  root: string,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ ok: boolean; output: string }> {
  const { execa } = await import('execa');
  const { failed, all } = await execa(program, args, {
    cwd: root,
    reject: false,
    all: true,
    stdin: 'ignore',
    // The environment of whoever called us is not the repository's.
    env: { VIRTUAL_ENV: undefined, ...env },
  });
  return { ok: !failed, output: all ? `${all}\n` : '' };
}
