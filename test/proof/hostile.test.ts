import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { identityOnnx } from '../support/onnx.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';

const minutes = 60_000;

/** What hostile.py sets: MAX_PENDING bodies of MAX_BODY_BYTES are the most that is held, in MB. */
const bodies = 16 * 1;
/** The one thread that decodes makes Python's objects of one body: up to 32 bytes of memory for a byte of JSON. */
const decoding = 32 * 1;
/** What may be left at the end, in MB: the allocator's leftovers, nothing that grows with the requests. */
const growth = 20;

const own = identityOnnx([
  { input: 'amount', output: 'amount_out', type: 'double', shape: ['N', 2] },
  { input: 'count', output: 'count_out', type: 'int64', shape: ['N', 1] },
  { input: 'member', output: 'member_out', type: 'bool', shape: ['N', 1] },
  { input: 'word', output: 'word_out', type: 'string', shape: ['N', 1] },
]);

let folder: string;
let schemathesis: string;

beforeAll(async () => {
  folder = await scratchFolder();
  const options = { cwd: folder, env: { PATH: await pathWithUv(), VIRTUAL_ENV: undefined } };
  await execa('uv', ['venv', '--quiet', 'fuzzer'], options);
  await execa('uv', ['pip', 'install', '--quiet', '--python', 'fuzzer', 'schemathesis>=4.32,<5'], options);
  schemathesis = path.join(folder, 'fuzzer/bin/schemathesis');
  await fs.writeFile(path.join(folder, 'mine.onnx'), own);
}, 5 * minutes);

test.each([
  ['own', 200_000],
  ['example', 40_000],
])(
  'the model %s is served through %d hostile requests: no 5xx but deliberate 503s, nothing told, no memory kept',
  async (name, count) => {
    const model = name === 'own' ? ['--model', path.join(folder, 'mine.onnx')] : [];
    const repository = await Repository.generated(path.join(folder, name), '--level', '0', ...model);
    const script = path.resolve('test/proof/hostile.py');
    const attack = await repository.run('.venv/bin/python', [script, '.', name, String(count), schemathesis]);
    if (attack.exitCode !== 0) throw new Error(String(attack.stderr));
    console.log(`${name}: ${attack.stdout}`);
    const seen = JSON.parse(String(attack.stdout));
    expect(seen).toMatchObject({
      wrong: {},
      schemathesis: [0, ''],
      failures: 0,
      tracebacks: 0,
      canariesInLog: 0,
      stderr: '',
      exitCode: 0,
    });
    expect(seen.requests).toBeGreaterThanOrEqual(count);
    expect(seen.bySchemathesis).toBeGreaterThan(300);
    // 0 is a connection that was closed without a word, by a client that had not sent a whole request.
    expect(Object.keys(seen.statuses).filter((status) => !/^(0|2..|4..|503)$/.test(status))).toEqual([]);
    expect(seen.statuses['400']).toBeGreaterThan(count / 4);
    expect(Object.keys(seen.crowd).sort()).toEqual(['200', '503']);
    expect(seen.memory.growth).toBeLessThan(growth);
    expect(seen.memory.peak).toBeLessThan(bodies + decoding + growth);
    // The attack ends after so many requests, not after a time: what a fast machine is through with sooner has fewer beside it.
    expect(seen.bystander.answered).toBeGreaterThan(20 * seen.seconds);
    expect(seen.bystander.median_ms).toBeLessThan(100);
    expect(seen.bystander.p99_ms).toBeLessThan(1000);
  },
  8 * minutes,
);
