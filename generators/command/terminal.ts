import type { Choice } from '../engine/answers/answers.ts';

/** One question, as it is put on a terminal. */
export interface Asked {
  readonly message: string;
  readonly choices?: readonly Choice[];
  /** Whether it is not to be seen while it is typed. */
  readonly secret?: boolean;
  /** Taken when the person only presses Enter. */
  readonly offered: string | number;
  /** @throws Error whose message says what is allowed. */
  readonly parse: (text: string) => string | number;
}

export type Prompt = (question: Asked) => Promise<string | number>;

/** What a run sees of the world around it: the two front ends, the bin and Yeoman, each bring one. */
export interface Terminal {
  /** The words after the command's name. */
  readonly argv: readonly string[];
  /** Absolute; what relative paths are relative to. */
  readonly cwd: string;
  /** How `ds-devops` is called here, for the help and for what to run next. */
  readonly command: string;
  /** undefined where there is no person: no terminal. */
  readonly prompt: Prompt | undefined;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** The functions of Yeoman's adapter and of its generators that ask. */
type InquirerPrompt = (questions: object[]) => Promise<Record<string, unknown>>;

/** Asks through Inquirer, which is what both front ends have. */
export function promptWith(inquirer: InquirerPrompt): Prompt {
  return async ({ message, choices, offered, secret, parse }) => {
    const validate = (text: string) => {
      try {
        parse(text);
        return true;
      } catch (error) {
        return (error as Error).message;
      }
    };
    const kind = choices
      ? { type: 'select', choices: [...choices] }
      : { type: secret ? 'password' : 'input', validate };
    const { value } = await inquirer([{ name: 'value', message, default: offered, ...kind }]);
    return parse(String(value));
  };
}

/** Whether a person sits at both ends of this process. */
export const isTerminal = () => Boolean(process.stdin.isTTY && process.stdout.isTTY);
