#!/usr/bin/env node
import module from 'node:module';

module.enableCompileCache?.();

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `ds-devops: Node ${process.versions.node} is too old: install Node 22.18 or newer and run again\n`,
  );
  process.exit(1);
}

// A reader that has seen enough (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const { run } = await import('./command/run.ts');
const { isTerminal, promptWith } = await import('./command/terminal.ts');

// npm runs its scripts in the package's folder; the person stands where they called npm.
const byNpmStart =
  process.env.npm_lifecycle_event === 'start' && process.env.npm_package_name === 'generator-ds-devops';

process.exitCode = await run({
  argv: process.argv.slice(2),
  cwd: (byNpmStart && process.env.INIT_CWD) || process.cwd(),
  command: byNpmStart ? 'npm start --' : 'ds-devops',
  prompt: isTerminal()
    ? promptWith(async (questions) => {
        const { TerminalAdapter } = await import('@yeoman/adapter');
        return new TerminalAdapter().prompt(questions as never);
      })
    : undefined,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
});
