// Installs what `npm start` needs, once: plain JavaScript, since the Node that runs it may be too old for TypeScript.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  process.stderr.write('Installing the generator (once) …\n');
  // Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, as one made behind a registry
  // that serves only some platforms does.
  const { status } = spawnSync('npm', ['install', '--silent'], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}
