// The emitted workflow for deliveries to a cloud, run by act on this machine as far as it gets without an account: the bundle
// is built, its image published, and the job of dev signs in by its token, takes on its role and asks for its state, which is
// where it is refused. GitHub's tokens and AWS are workflows/door.ts; docker and the actions are stand-ins beside it. Past
// that door, the emitted tests deliver to a simulated AWS: aws.test.ts.
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithGoTools } from '../support/uv.ts';
import { Committed } from './workflows/committed.ts';
import { Door } from './workflows/door.ts';
import { act } from './workflows/github.ts';

const minutes = 60_000;
const tool = await pathWithGoTools(['github.com/nektos/act@v0.2.82']);
const terraform = await execa('terraform', ['version'], { reject: false });
const missing = 'missing' in tool ? tool.missing : terraform.exitCode !== 0 && 'there is no terraform';
const role = 'arn:aws:iam::123456789012:role/demo-dev-deployer';

/** What a person sets and commits, as the emitted README says it. */
const backend = `bucket = "example-states"
key = "demo-dev.tfstate"
region = "eu-central-1"
use_lockfile = true
use_path_style = true
`;

(missing ? test.skip : test)(
  `what is on main goes as far as the cloud's own door, and no further${missing ? ` (${missing})` : ''}`,
  async () => {
    const folder = await scratchFolder();
    const bin = path.join(folder, 'bin');
    await fs.copy('test/proof/workflows/docker', path.join(bin, 'docker'));
    const go = 'path' in tool ? tool.path : '';
    process.env.PATH = [bin, go, process.env.PATH].join(path.delimiter);
    const committed = await Committed.at(path.join(folder, 'demo'), '--level', '3', '--target', 'aws');
    const versions = await fs.readFile(path.join(committed.repository.folder, 'infra/versions.tf'), 'utf8');
    await committed.change({
      'infra/versions.tf': versions.replace('backend "local"', 'backend "s3"'),
      'infra/environments/dev.tfbackend': backend,
      'infra/environments/dev.identity.json': JSON.stringify({ role, region: 'eu-central-1' }),
    });
    const door = new Door();
    const url = await door.open();
    try {
      const began = performance.now();
      const env = {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-job',
        AWS_ENDPOINT_URL: url,
        AWS_EC2_METADATA_DISABLED: 'true',
        // The tests of the delivery are run by other proofs.
        PYTEST_ADDOPTS: '--deselect=tests/delivery/test_deliver.py --deselect=tests/delivery/test_cloud.py',
      };
      const { exitCode, output } = await act(committed, 'deliver', [
        ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
        '--var=DELIVERY_IS_SET_UP=true',
      ]);
      console.info(`deliver to aws by act: ${Math.round((performance.now() - began) / 1000)} s`);
      expect([exitCode, output]).toEqual([1, expect.stringMatching(/not delivered to dev: terraform init: .*403/)]);
      expect(output).toMatch(/ghcr\.io\/example\/demo@sha256:(ab){32}/);
      expect(door.tokens).toEqual([['sts.amazonaws.com', 'Bearer the-job']]);
      expect(door.signedIn).toEqual([[role, 'the-token-of-dev']]);
      expect(door.refused[0]).toEqual([expect.stringContaining('/example-states'), 'KEYOFDEV']);
      expect(new Set(door.refused.map(([, key]) => key))).toEqual(new Set(['KEYOFDEV']));
      expect(output).not.toMatch(/deliver\/(staging|prod)\b/);
    } finally {
      door.close();
    }
  },
  10 * minutes,
);
