import { beforeAll, describe, expect, test } from '@jest/globals';
import { highestLevel } from '../../generators/engine/render/stages.ts';
import { type HclFile, hclParser } from '../support/hcl.ts';
import { providers } from '../support/ladder.ts';
import { ProviderSchema } from '../support/provider-schema.ts';
import { rendered } from '../support/rendered.ts';
import { opinionOn } from '../support/terraform-module.ts';

const clouds = [
  { target: 'azure', provider: await ProviderSchema.of('azurerm') },
  { target: 'gcp', provider: await ProviderSchema.of('google') },
] as const;
const parser = await hclParser();
const missing = [parser, ...clouds.map(({ provider }) => provider)].flatMap((each) =>
  'missing' in each ? [each.missing] : [],
);
const reason = missing.length ? ` (skipped: ${missing[0]})` : '';
const having = missing.length ? test.skip : test;

/** What is there, in a test that is skipped where it is not. */
const got = <T extends object>(found: T | { missing: string }) => found as T;

/** The text of every Terraform file of a cloud's module. */
async function moduleOf(target: string, ci: string, name = 'demo') {
  const files = [...(await rendered({ name, level: highestLevel, target, ci }))];
  const ours = files.filter(([file]) => /^infra\/\w+\.tf$/.test(file));
  return new Map(ours.map(([file, text]) => [file.slice('infra/'.length), text]));
}

describe.each(clouds)('$target', ({ target, provider }) => {
  having.each(providers)(
    `with CI by %s: nothing is unknown to the provider, and nothing that it needs is missing${reason}`,
    async (ci) => {
      const texts = await moduleOf(target, ci, `long-${'x'.repeat(34)}y`);
      const { wrong, checked } = await opinionOn(await got(parser).parse(texts), got(provider));
      expect(wrong).toEqual([]);
      const declared = [...texts.values()].join('\n').match(/^(resource|data|provider) "(azurerm|google)/gm) ?? [];
      expect(declared.length).toBeGreaterThan(10);
      expect(checked.objects).toBe(declared.length);
      expect(checked.entries).toBeGreaterThan(4 * checked.objects);
      expect(checked.references).toBeGreaterThan(2 * checked.objects);
    },
  );
});

// What is planted, where, and what has to be said of it.
const mistakes: [string, string, string, string | RegExp, string, string][] = [
  [
    'a wrong argument',
    'azure',
    'registry.tf',
    'admin_enabled ',
    'admin_user ',
    'azurerm_container_registry.this: admin_user is unknown',
  ],
  [
    'a missing argument',
    'azure',
    'trust.tf',
    /^ +issuer .*\n/m,
    '',
    'azurerm_federated_identity_credential.ci: issuer is missing',
  ],
  [
    'a wrong argument of a block within a block',
    'azure',
    'service.tf',
    'success_count_threshold',
    'success_threshold',
    'azurerm_container_app.this: template: container: readiness_probe: success_threshold is unknown',
  ],
  ['an unknown block', 'azure', 'service.tf', 'ingress {', 'ingres {', 'azurerm_container_app.this: ingres is unknown'],
  [
    'an unknown dynamic block',
    'azure',
    'service.tf',
    'dynamic "secret"',
    'dynamic "secrets"',
    'azurerm_container_app.this: secrets is unknown',
  ],
  [
    'a wrong argument of a dynamic block',
    'azure',
    'budget.tf',
    'threshold_type ',
    'threshold_kind ',
    'azurerm_consumption_budget_resource_group.month: notification: threshold_kind is unknown',
  ],
  [
    'a block as an argument',
    'azure',
    'service.tf',
    'identity {',
    'identity = {',
    'azurerm_container_app.this: identity is a block, not an argument',
  ],
  [
    'a block that may stand there once',
    'azure',
    'budget.tf',
    '  time_period {',
    '  time_period {\n    start_date = ""\n  }\n  time_period {',
    'azurerm_consumption_budget_resource_group.month: time_period stands there more than once',
  ],
  [
    'a word for a truth value',
    'azure',
    'registry.tf',
    /admin_enabled( +)= false/,
    'admin_enabled$1= "no"',
    'azurerm_container_registry.this: admin_enabled is no boolean',
  ],
  [
    'a resource that is not there',
    'azure',
    'service.tf',
    '"azurerm_container_app" "this"',
    '"azurerm_container_apps" "this"',
    'azurerm_container_apps.this: there is no resource of this type',
  ],
  [
    'an output of what a resource does not have',
    'azure',
    'outputs.tf',
    'azurerm_user_assigned_identity.deployer.client_id',
    'azurerm_user_assigned_identity.deployer.application_id',
    'azurerm_user_assigned_identity.deployer has no application_id',
  ],
  [
    'a reference to what is not declared',
    'gcp',
    'outputs.tf',
    'google_service_account.deployer',
    'google_service_account.deployr',
    'google_service_account.deployr is not declared',
  ],
  ['an input that nobody declared', 'gcp', 'service.tf', 'var.region', 'var.regions', 'var.regions is not declared'],
  [
    'a wrong argument of the provider',
    'gcp',
    'versions.tf',
    'default_labels ',
    'default_label ',
    'provider google: default_label is unknown',
  ],
  [
    'a missing block',
    'gcp',
    'service.tf',
    /^ {2}template \{.*?^ {2}\}\n/ms,
    '',
    'google_cloud_run_v2_service.this: template is missing',
  ],
  [
    'a data source that has not what is asked of it',
    'gcp',
    'budget.tf',
    'google_project.this.billing_account',
    'google_project.this.billing_id',
    'data.google_project.this has no billing_id',
  ],
];

describe('a mistake', () => {
  const modules = new Map<string, ReadonlyMap<string, HclFile>>();
  let planted: ReadonlyMap<string, HclFile>;

  // All are parsed at once: to start the parser takes longer than to use it.
  beforeAll(async () => {
    if (missing.length) return;
    const texts = new Map<string, string>();
    for (const { target } of clouds) {
      const module = await moduleOf(target, 'github');
      modules.set(target, await got(parser).parse(module));
      for (const [said, at, file, what, instead] of mistakes.filter(([, at]) => at === target)) {
        const text = module.get(file)?.replace(what, instead) as string;
        expect([at, said, text]).not.toEqual([at, said, module.get(file)]);
        texts.set(said, text);
      }
    }
    planted = await got(parser).parse(texts);
  });

  having.each(mistakes)(`is noticed: %s${reason}`, async (said, target, file, _what, _instead, message) => {
    const { provider } = clouds.find((each) => each.target === target) as (typeof clouds)[number];
    const module = new Map(modules.get(target)).set(file, planted.get(said) as HclFile);
    expect((await opinionOn(module, got(provider))).wrong).toContain(`${file}: ${message}`);
  });
});
