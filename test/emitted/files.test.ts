import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { command } from '../support/command.ts';
import { newFolder, writeFiles } from '../support/folder.ts';
import { rungs } from '../support/ladder.ts';
import { modelsByFormat } from '../support/models.ts';
import { expectWellFormed } from '../support/well-formed.ts';

// How many files a reader is faced with at each level, at most.
const budget = [62, 81, 112, 126, 158, 182, 199];
// What a format other than ONNX adds: its loader, what the loaders share, a test, and what it may trust.
const more = 4;
// What samples add: themselves, five modules that hold the model to them, and two tests; without, one says what would.
const [withSamples, without] = [8, 1];
// What a cloud adds to the other targets' files: a Terraform module, two files for each environment, the task that applies
// it, tests of its own; from level 3 on how a job signs in there, and the deliveries to a simulated one.
const [terraform, signedIn] = [12, 3];
// What a cloud's own alarms add, and the scaling that its module reads, with their tests.
const [monitors, autoscaling] = [5, 4];
// What every target but local adds from level 3 on: how a delivery goes there, the image of the bundle, and their tests.
const elsewhere = 9;
// What Kubernetes adds: how an environment goes up without another image than was delivered, and its test.
const up = 2;
// What the canary in a cluster adds: what makes a Rollout of the Deployment, who waits for it, and their test.
const rollouts = 11;
// What the cluster's Prometheus and Grafana are given, and its autoscaler: objects, who writes them, and their tests.
const [operator, autoscaler] = [4, 6];
// What the canary in a cloud adds: Terraform and its test, who takes the steps, who starts it, and their tests.
const split = 6;

// Names at both ends of what is allowed: what is emitted must be well-formed with either.
const names = ['a', `long-${'x'.repeat(34)}y`];

const formats = Object.keys(modelsByFormat) as (keyof typeof modelsByFormat)[];
const combinations = rungs.flatMap((rung) => [
  ...(['example', 'onnx'] as const).map((model) => ({ ...rung, model, samples: '' })),
  ...(rung.level % 2 === 0
    ? formats.filter((model) => model !== 'onnx').map((model) => ({ ...rung, model, samples: '' }))
    : []),
  ...([0, 6].includes(rung.level) ? [{ ...rung, model: 'onnx' as const, samples: 'csv' }] : []),
  ...(rung.level === 2 ? [{ ...rung, model: 'skops' as const, samples: 'parquet' }] : []),
]);

const rows = { csv: 'x,y\n1,2\n', parquet: 'PAR1\0PAR1' };

describe.each(combinations)(
  'target $target, model $model $samples, level $level',
  ({ target, model, level, samples }) => {
    test.each(names)('every file is well-formed in its language, with the name %s', async (name) => {
      const folder = await newFolder();
      const handed = model === 'example' ? undefined : modelsByFormat[model];
      if (handed) await writeFiles(path.dirname(folder), { [handed.file]: handed.bytes });
      await writeFiles(path.dirname(folder), rows);
      const handedOver = `${handed ? ` --model ../${handed.file}` : ''}${samples && ` --samples ../${samples}`}`;
      const flags = `--yes --level ${level} --target ${target} --name ${name}${handedOver}`;
      expect((await command(folder, flags)).code).toBe(0);
      const files = await expectWellFormed(folder);
      const few = ['example', 'onnx'].includes(model);
      const allowed =
        (budget[level] as number) +
        (few ? 0 : more) +
        (samples ? withSamples : handed ? without : 0) +
        (['aws', 'azure', 'gcp'].includes(target)
          ? terraform + (level >= 3 ? signedIn : 0) + (level >= 5 ? monitors : 0) + (level >= 6 ? autoscaling : 0)
          : 0) +
        (target !== 'local' && level >= 3 ? elsewhere : 0) +
        (target === 'kubernetes' && level >= 1 ? up : 0) +
        (target === 'kubernetes' && level >= 4 ? rollouts : 0) +
        (target === 'kubernetes' && level >= 5 ? operator : 0) +
        (target === 'kubernetes' && level >= 6 ? autoscaler : 0) +
        (['aws', 'azure', 'gcp'].includes(target) && level >= 4 ? split : 0);
      expect(files.length).toBeLessThanOrEqual(allowed);
    });
  },
);
