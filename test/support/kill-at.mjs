// Loaded before a program (`node --import`): kills its process, as SIGKILL does, at the KILL_AT-th change that it makes below
// the folder KILL_BELOW, before the change or (KILL_HALFWAY) after half of a file's bytes. Without KILL_AT it counts: the
// number of changes is written to the file KILL_COUNT.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { KILL_AT, KILL_BELOW, KILL_HALFWAY, KILL_COUNT } = process.env;
const { appendFileSync, writeFileSync } = fs;
let count = 0;

function change(name, args) {
  if (!args.some((arg) => typeof arg === 'string' && arg.startsWith(KILL_BELOW))) return;
  count += 1;
  if (KILL_COUNT) writeFileSync(KILL_COUNT, String(count));
  if (count !== Number(KILL_AT)) return;
  if (KILL_HALFWAY && name === 'writeFile') {
    const bytes = Buffer.from(args[1]);
    appendFileSync(args[0], bytes.subarray(0, bytes.length / 2));
  }
  process.kill(process.pid, 'SIGKILL');
  // The signal is taken at the next turn: nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const changing = ['writeFile', 'rename', 'mkdir', 'rm', 'rmdir', 'unlink', 'chmod', 'chown', 'copyFile', 'appendFile'];
for (const api of [fs, fs.promises])
  for (const name of changing) {
    const real = api[name];
    api[name] = function changed(...args) {
      change(name, args);
      return real.apply(this, args);
    };
  }
for (const name of changing.map((each) => `${each}Sync`)) {
  const real = fs[name];
  fs[name] = (...args) => {
    change(name.replace('Sync', ''), args);
    return real(...args);
  };
}
syncBuiltinESMExports();
