import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { parse } from 'yaml';
import { newFolder, writeFiles } from '../support/folder.ts';
import { rendered } from '../support/rendered.ts';

const terraform = await execa('terraform', ['version'], { reject: false }).then(({ exitCode }) => exitCode === 0);
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's
const trusted = {
  github: ['"https://token.actions.githubusercontent.com"', '"repo:${var.repository}:environment:${var.environment}"'],
  gitlab: ['"https://gitlab.com"', '"project_path:${var.repository}:ref_type:branch:ref:main"'],
  azure: [
    'var.connection == null ? "https://vstoken.dev.azure.com/${var.organization_id}" : var.connection.issuer',
    'var.connection == null ? "sc://${var.repository}/${local.name}" : var.connection.subject',
  ],
};
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's

describe.each(Object.entries(trusted))('on aws, for the CI provider %s', (ci, [issuer, subject]) => {
  test('its tokens are trusted for one repository and nothing wider', async () => {
    const module = await moduleFor(ci);
    const locals = module['infra/locals.tf'] as string;
    expect(/issuer +=\s(.*)/.exec(locals)?.[1]).toBe(issuer);
    expect(/subject +=\s(.*)/.exec(locals)?.[1]).toBe(subject);
    expect(locals.replaceAll(/^ *#.*$/gm, '')).not.toContain('*');
  });

  (terraform ? test : test.skip)('the module is formatted', async () => {
    const folder = await newFolder();
    await writeFiles(folder, await moduleFor(ci));
    const done = await execa('terraform', ['fmt', '-check', '-diff', '-recursive'], {
      cwd: path.join(folder, 'infra'),
      env: { TF_CLI_CONFIG_FILE: undefined },
      reject: false,
    });
    expect([done.exitCode, done.stdout]).toEqual([0, '']);
  });
});

describe.each(['aws', 'azure', 'gcp'])('on %s, a delivery shows what the module trusts', (target) => {
  const environments = ['dev', 'staging', 'prod'];

  test('github: a token of its environment', async () => {
    const files = await filesFor('github', target);
    const { jobs } = parse(files['.github/workflows/deliver.yml'] as string);
    for (const name of environments)
      expect(jobs[name]).toMatchObject({ environment: { name }, permissions: { 'id-token': 'write' } });
    const asked = /AUDIENCE = "(.*)"/.exec(files['tasks/delivery/identity.py'] as string)?.[1];
    expect(asked).toBe(/audience = (?:"(.*)"|null)/.exec(files['infra/locals.tf'] as string)?.[1]);
    expect(jobs.bundle.permissions).not.toHaveProperty('id-token');
  });

  test('gitlab: a token of its environment, for that cloud', async () => {
    const files = await filesFor('gitlab', target);
    const jobs = parse(files['.gitlab/ci/deliver.yml'] as string);
    const wanted = /audience = (?:"(.*)"|null)/.exec(files['infra/locals.tf'] as string)?.[1];
    for (const name of environments)
      expect(jobs[name]).toMatchObject({
        environment: { name },
        id_tokens: { CLOUD_TOKEN: { aud: wanted } },
      });
    expect(jobs.bundle).not.toHaveProperty('id_tokens');
  });

  test('azure: the service connection of its environment', async () => {
    const files = await filesFor('azure', target);
    const { stages } = parse(files['.azuredevops/deliver.yml'] as string);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's
    expect(files['infra/locals.tf']).toContain('name    = "${local.service}-${var.environment}"');
    for (const name of environments) {
      const [job] = stages.find(({ stage }: { stage: string }) => stage === name).jobs;
      const signedIn = job.strategy.runOnce.deploy.steps.find((step: { task?: string }) => step.task === 'AzureCLI@2');
      expect([job.environment, signedIn.inputs.azureSubscription]).toEqual([name, `demo-${name}`]);
    }
  });

  test('its job has the time that a cloud may take to begin and to take back', async () => {
    const github = parse((await filesFor('github', target))['.github/workflows/deliver.yml'] as string);
    const gitlab = parse((await filesFor('gitlab', target))['.gitlab/ci/deliver.yml'] as string);
    const azure = parse((await filesFor('azure', target))['.azuredevops/deliver.yml'] as string);
    for (const name of environments) {
      const { jobs } = azure.stages.find(({ stage }: { stage: string }) => stage === name);
      const given = [github.jobs[name]['timeout-minutes'], gitlab[name].timeout, jobs[0].timeoutInMinutes];
      expect(given).toEqual([60, '60 minutes', 60]);
    }
    const service = (await filesFor('github', target))['infra/service.tf'] as string;
    expect(service).toMatch(/timeouts \{\n +create = "10m"\n +update = "10m"\n/);
  });

  // What a delivery changes is what the identity may change: by the types of resources that depend on the image.
  test('the identity may change what an image changes, and that is what a delivery lets itself change', async () => {
    const files = await filesFor('github', target);
    const changed = /^CHANGED = \{(.*)\}/m.exec(files['tasks/delivery/identity.py'] as string)?.[1] as string;
    const resources = Object.entries(files)
      .filter(([file]) => /^infra\/\w+\.tf$/.test(file))
      .flatMap(([, text]) => [...text.matchAll(/^resource "(\w+)" "\w+" \{\n.*?^\}/gms)]);
    const holders = resources.filter(([text]) => /image += var\.image$/m.test(text)).map(([, type]) => type as string);
    const after = resources.filter(([text]) =>
      holders.some((type) => new RegExp(`task_definition += ${type}`).test(text)),
    );
    const wanted = [...holders, ...after.map(([, type]) => type as string)];
    expect(wanted.length).toBe(target === 'aws' ? 2 : 1);
    expect([...changed.matchAll(/"(\w+)"/g)].map(([, type]) => type).sort()).toEqual(wanted.sort());
    const trust = files['infra/trust.tf'] as string;
    const may = {
      aws: ['ecs:RegisterTaskDefinition', 'ecs:DeregisterTaskDefinition', 'ecs:UpdateService', 'iam:PassRole'],
      azure: ['"Container Apps Contributor"', '"Managed Identity Operator"', '"AcrPush"'],
      gcp: ['"roles/run.developer"', '"roles/iam.serviceAccountUser"', '"roles/artifactregistry.writer"'],
    }[target] as string[];
    for (const each of may) expect(trust).toContain(each);
    expect(trust).not.toMatch(/"\w+:[\w]*\*"|"(Owner|Contributor)"|"roles\/(owner|editor)"/);
  });
});

async function moduleFor(ci: string): Promise<Record<string, string>> {
  const files = Object.entries(await filesFor(ci, 'aws', 1));
  return Object.fromEntries(files.filter(([file]) => file.startsWith('infra/')));
}

async function filesFor(ci: string, target: string, level = 3): Promise<Record<string, string>> {
  return Object.fromEntries(await rendered({ level, target, ci }));
}
