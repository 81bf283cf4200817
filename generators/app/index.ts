import Generator from 'yeoman-generator';
import { help } from '../command/help.ts';
import { run } from '../command/run.ts';
import { isTerminal, promptWith } from '../command/terminal.ts';
import { type Flag, flags } from '../engine/answers/answers.ts';

/** How a generator is called, and the words of the bin that it stands for. */
interface Called {
  readonly command: string;
  readonly typed: RegExp;
  readonly words: readonly string[];
}

/** `yo ds-devops`: hands the command line and Yeoman's prompts to the same run as the bin `ds-devops`. */
export default class extends Generator {
  protected readonly called: Called = {
    command: 'yo ds-devops',
    typed: /^(generator-)?ds-devops(:app)?$/,
    words: [],
  };

  constructor(args: string[], options: Record<string, unknown>) {
    super(
      args,
      options as never,
      {
        unique: 'namespace',
        disableLodashProperty: true,
        // The run writes and installs by itself: whole or not at all, which Yeoman's own way of writing is not.
        customInstallTask: true,
        customCommitTask: true,
      } as never,
    );
  }

  override help(): string {
    return help(this.called.command);
  }

  async default(): Promise<void> {
    const { command, typed, words } = this.called;
    process.exitCode = await run({
      argv: [...words, ...(typedAfter(typed, process.argv) ?? this.asTyped())],
      cwd: this.env.cwd,
      command,
      prompt: isTerminal() ? promptWith((questions) => this.prompt(questions as never)) : undefined,
      stdout: (text) => process.stdout.write(text),
      stderr: (text) => process.stderr.write(text),
    });
  }

  /** The command line that another generator's `composeWith`, or a test, means by its arguments and options. */
  private asTyped(): string[] {
    const options = this.options as Record<string, unknown>;
    const typed = (flags as readonly Flag[]).flatMap(({ name, value }) => {
      const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const option = options[name] ?? options[camel];
      if (option === undefined || option === false) return [];
      const values: unknown[] = Array.isArray(option) ? option : [option];
      return value ? values.flatMap((each) => [`--${name}`, String(each)]) : [`--${name}`];
    });
    return [...typed, '--', ...this._args];
  }
}

/**
 * What was typed after the generator's name. Yeoman's own parser would turn `--name 007` into a number and let unknown flags
 * pass, so the words are taken from the process; undefined where this process is not such a command.
 */
function typedAfter(name: RegExp, argv: readonly string[]): string[] | undefined {
  const at = argv.findIndex((word, index) => index > 1 && name.test(word));
  return at < 0 ? undefined : argv.slice(at + 1);
}
