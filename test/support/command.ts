import { run } from '../../generators/command/run.ts';
import type { Asked, Prompt } from '../../generators/command/terminal.ts';

// What this machine's owner has set for new repositories is not the tests'.
process.env.DS_DEVOPS_CONFIG ??= '';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command inside this process, without the installation unless it is asked for. */
export async function command(
  cwd: string,
  argv: string | readonly string[],
  { prompt, install = false }: { prompt?: Prompt; install?: boolean } = {},
): Promise<Ran> {
  const words = typeof argv === 'string' ? argv.split(' ').filter(Boolean) : argv;
  let out = '';
  let err = '';
  const code = await run({
    argv: install ? words : [...words, '--skip-install'],
    cwd,
    command: 'ds-devops',
    prompt,
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

/** A person who answers the questions in order; what was asked is left in `asked`. */
export function person(...answers: (string | number | undefined)[]): { prompt: Prompt; asked: Asked[] } {
  const asked: Asked[] = [];
  const prompt: Prompt = async (question) => {
    asked.push(question);
    return answers[asked.length - 1] ?? question.offered;
  };
  return { prompt, asked };
}
