// Installs what `npm start` needs, once: plain JavaScript, since the Node that runs it may be too old for TypeScript.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  process.stderr.write('Installing the generator (once) …\n');
  const { status } = spawnSync('npm', ['ci', '--silent'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}
