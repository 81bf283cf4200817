import path from 'node:path';
import fs from 'fs-extra';
import { Repository } from '../../support/emitted.ts';

/** One job as a provider ran it. */
export interface Job {
  readonly name: string;
  readonly green: boolean;
  readonly output: string;
  /** What its JUnit report has: how many tests ran, and the names of those that failed. */
  readonly tests: number;
  readonly failed: readonly string[];
}

/** An emitted repository whose work is committed: a job sees a clone of it, so only what is in the commit. */
export class Committed {
  readonly repository: Repository;
  private clones = 0;

  private constructor(repository: Repository) {
    this.repository = repository;
  }

  static async at(folder: string, ...flags: string[]): Promise<Committed> {
    const committed = new Committed(await Repository.generated(folder, ...flags));
    await committed.git('init', '--quiet', '--initial-branch=main');
    await committed.commit('What was generated and trained');
    return committed;
  }

  /** Puts a model that learned nothing in the place of the good one. */
  async spoil(): Promise<void> {
    const script = path.resolve('test/proof/workflows/shuffled.py');
    const { failed, all } = await this.repository.run('uv', ['run', 'python', script, 'demo', 'model']);
    if (failed) throw new Error(String(all));
    await this.commit('Another model');
  }

  /** Writes files over what there is, by their paths in the repository, and commits them. */
  async change(files: Record<string, string>): Promise<void> {
    for (const [file, text] of Object.entries(files))
      await fs.outputFile(path.join(this.repository.folder, file), text);
    await this.commit('What its owner has set');
  }

  /** A new clone, in a folder of its own with nothing else in it. */
  async clone(): Promise<string> {
    this.clones += 1;
    const folder = path.join(`${this.repository.folder}-${this.clones}`, 'demo');
    await this.git('clone', '--quiet', '.', folder);
    return folder;
  }

  private async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git(
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@example.com',
      'commit',
      '--quiet',
      '--message',
      message,
    );
  }

  private async git(...args: string[]): Promise<void> {
    const { failed, all } = await this.repository.run('git', args);
    if (failed) throw new Error(String(all));
  }
}

/** What the report of a job says; a report that is not there has no test. */
export async function read(report: string): Promise<Pick<Job, 'tests' | 'failed'>> {
  const junit = await fs.readFile(report, 'utf8').catch(() => '');
  const cases = junit.match(/<testcase .*?(?:(?<=\/)>|<\/testcase>)/gs) ?? [];
  const failed = cases.filter((each) => /<(failure|error)\b/.test(each));
  return { tests: cases.length, failed: failed.map((each) => / name="([^"]*)"/.exec(each)?.[1] ?? each) };
}
