import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import { newFolder, snapshot } from '../support/folder.ts';

/**
 * Runs a command on a terminal of its own and types: each pair is what to wait for and the keys to press then. Prints
 * what the person saw and exits as the command did.
 */
const typist = `
import json, os, pty, select, sys
turns, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen, at = b"", 0
while True:
    ready, _, _ = select.select([terminal], [], [], 20)
    try:
        chunk = os.read(terminal, 65536) if ready else b""
    except OSError:
        chunk = b""
    if not chunk:
        break
    seen += chunk
    if turns and turns[0][0].encode() in seen[at:]:
        at = len(seen)
        os.write(terminal, turns.pop(0)[1].encode())
sys.stdout.buffer.write(seen)
if ready:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os.kill(pid, 9)
sys.exit("the command waits for something else")
`;

const onTerminal = (cwd: string, turns: [string, string][], ...args: string[]) =>
  execa(
    'python3',
    ['-c', typist, JSON.stringify(turns), process.execPath, path.resolve('generators/cli.ts'), ...args],
    { cwd, reject: false, stdin: 'ignore', timeout: 50_000 },
  );

test('a person on a real terminal is asked, and answers with the keyboard', async () => {
  const folder = await newFolder();
  const { exitCode, stdout } = await onTerminal(
    folder,
    [
      ['Where it runs', '\r'],
      ['What runs its tests', '\r'],
      ['How far up the ladder', '\u001b[A\u001b[A\r'],
      ['Its name', 'two\r'],
    ],
    '--skip-install',
  );
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 Infrastructure as Code')]);
  const stored = await fs.readJson(path.join(folder, storedFile));
  expect(stored['generator-ds-devops']).toMatchObject({ level: 1, target: 'local', name: 'two' });
}, 60_000);

test('Ctrl-C at a question leaves nothing behind and exits with 130', async () => {
  const folder = await newFolder();
  const { exitCode } = await onTerminal(folder, [['Where it runs', '\u0003']]);
  expect(exitCode).toBe(130);
  expect(await snapshot(folder)).toEqual({});
}, 60_000);
