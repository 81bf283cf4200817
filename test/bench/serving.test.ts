import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { scratchFolder } from '../support/scratch.ts';

const run = path.resolve('bench/serving/run.py');

/** A round of a server that answers so many requests a second, at every point. */
function round(perSecond: number) {
  const point = { per_second: perSecond, p50_ms: 1, p99_ms: 1000 / perSecond };
  return { c1: point, c16: point, c64: point, rows64: point, megabytes: 50, cold_seconds: 0.5 };
}

async function table(results: object): Promise<{ stdout: string; exitCode?: number }> {
  const cache = await scratchFolder();
  await fs.writeJson(path.join(cache, 'results.json'), results);
  return execa('python3', [run, '--table', '--model', 'onnx', '--cache', cache], { reject: false });
}

describe('the table of the serving benchmark', () => {
  test('holds medians of the rounds, and how far ahead we are', async () => {
    const ours = [round(9000), round(90), round(10_000)];
    const { stdout, exitCode } = await table({ onnx: { ours, MLServer: [round(1000)] } });
    expect(stdout).toContain('| ours | 9,000 |');
    expect(stdout).toContain('met: 9.00 × MLServer at 16 connections, aim 9');
    expect(exitCode).toBe(0);
  });

  test('says what was missed', async () => {
    const { stdout } = await table({ onnx: { ours: [round(8900)], MLServer: [round(1000)] } });
    expect(stdout).toContain('**missed**: 8.90 × MLServer at 16 connections, aim 9');
    expect(stdout).toContain('**missed**: MB below every peer');
  });

  test('a server that could not be measured is named with the reason, and the run fails', async () => {
    const { stdout, exitCode } = await table({ onnx: { ours: [round(9000)], KServe: 'it has moved' } });
    expect(stdout).toContain('| KServe | not measured: it has moved |');
    expect(exitCode).toBe(1);
  });
});

test('each environment of the benchmark is pinned to exact versions', async () => {
  const script = `
import json, sys; sys.path.insert(0, "bench/serving")
import tomllib, launch
from environments import VERSIONS
print(json.dumps([launch.requirements(), tomllib.loads(VERSIONS.read_text())]))`;
  const { stdout } = await execa('python3', ['-c', script]);
  const [wanted, pinned] = JSON.parse(stdout) as [Record<string, string[]>, Record<string, string[]>];
  for (const [environment, requirements] of Object.entries(wanted)) {
    expect(pinned[environment]?.filter((pin) => !/^[\w.[\],-]+==[\w.]+( ;.*)?$/.test(pin))).toEqual([]);
    for (const requirement of requirements) {
      const name = requirement.split(/[[<]/)[0];
      expect(pinned[environment]?.some((pin) => pin.split(/[[=]/)[0] === name)).toBe(true);
    }
  }
});
