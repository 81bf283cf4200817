import path from 'node:path';
import fs from 'fs-extra';
import { npmPackage, type Pin } from './npm-package.ts';

/** One name within a block, as Terraform writes it. */
export interface Entry {
  readonly required: boolean;
  /** The type as TypeScript has it: `string`, `number`, `string[]`, `{ [key: string]: string }` … */
  readonly type: string;
  /** What may stand in it, if it is a block and not an argument. */
  readonly block?: () => Body;
}

/** What may stand in a block. */
export type Body = ReadonlyMap<string, Entry>;

/** What of an object can be referred to, by its name in camel case; a further step where it is an object itself. */
export type Readable = ReadonlyMap<string, () => Readable | undefined>;

/** A resource, a data source or a provider. */
export interface Schema {
  readonly body: Body;
  readonly readable: Readable;
}

/** The schemas of a provider, as the generated bindings of the Cloud Development Kit for Terraform carry them. */
export class ProviderSchema {
  readonly #folder: string;
  readonly name: string;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.name = name;
  }

  /** @returns the schemas, or the reason why they cannot be had. */
  static async of(name: keyof typeof pins): Promise<ProviderSchema | { missing: string }> {
    // The declarations alone: the rest is code, and ten times as much.
    const found = await npmPackage(pins[name], ['*.js', '.jsii']);
    return 'missing' in found ? found : new ProviderSchema(path.join(found.folder, 'lib'), name);
  }

  /** @returns undefined for a type that the provider does not have. */
  async of(kind: 'resource' | 'data', type: string): Promise<Schema | undefined> {
    const own = kind === 'data' ? `data-${type}` : type.slice(this.name.length + 1);
    const text = await this.#read(own.replaceAll('_', '-'));
    return text?.includes(`tfResourceType = "${type}"`) ? schemaIn(text) : undefined;
  }

  async provider(): Promise<Schema> {
    return schemaIn((await this.#read('provider')) as string);
  }

  async #read(folder: string): Promise<string | undefined> {
    const file = path.join(this.#folder, folder, 'index.d.ts');
    return (await fs.pathExists(file)) ? fs.readFile(file, 'utf8') : undefined;
  }
}

const pins = {
  azurerm: {
    name: '@cdktf/provider-azurerm',
    version: '14.23.1', // azurerm 4.55.0
    integrity: 'sha512-3H20Ozj7dOKmIj6mqorHZEjLNo5wO/MBEVHwu6k53fln/0EciGQa9sDLWBYSb0o40Ycpih9lFp/k6SGRbFlQVg==',
  },
  google: {
    name: '@cdktf/provider-google',
    version: '16.12.1', // google 6.50.0
    integrity: 'sha512-KqNA/5RiFT07r0PSZ6/07cJ2zESUgbj1JchVj21iBFBZVUbD+578xA/k8eq/r0cbyEgLmg9eYWeVslaYah4DCQ==',
  },
} as const satisfies Record<string, Pin>;

/** The schema that a module of declarations holds. */
export function schemaIn(text: string): Schema {
  const interfaces = new Map(
    [...text.matchAll(/^export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)^\}/gms)].map(([, name, body]) => [
      name as string,
      body as string,
    ]),
  );
  const classes = new Map(
    [...text.matchAll(/^export declare class (\w+) extends (cdktf\.\w+) \{\n(.*?)^\}/gms)].map(
      ([, name, base, body]) => [name as string, { base: base as string, body: body as string }],
    ),
  );

  const bodyOf = (name: string): Body => {
    const entries = (interfaces.get(name) as string).matchAll(
      /\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly \w+(\??): (\{[^}]*\}|[^;]+);/gs,
    );
    return new Map(
      [...entries].flatMap(([, comment = '', optional, type = '']) => {
        const registered = /#(\w+) \w+#\1\}/.exec(comment)?.[1];
        if (!registered) return [];
        const inner = /^\w+/.exec(type)?.[0] as string;
        const block = new RegExp(`\\* ${registered} block$`, 'm').test(comment) && interfaces.has(inner);
        const entry: Entry = { required: optional === '', type, ...(block ? { block: () => bodyOf(inner) } : {}) };
        return [[registered, entry] as const];
      }),
    );
  };

  const readableOf = (name: string): Readable | undefined => {
    const found = classes.get(name);
    if (!found) return undefined;
    const getters = found.body.matchAll(/^ {4}get (\w+)\(\): (\w+)/gm);
    return new Map([...getters].map(([, getter, type]) => [getter as string, () => elementOf(type as string)]));
  };
  // A list stands for what is in it: an index is a step of its own in a reference.
  const elementOf = (type: string) => {
    const element = /^ {4}get\(index: number\): (\w+)/m.exec(classes.get(type)?.body ?? '')?.[1];
    return readableOf(element ?? type);
  };

  const config = [...interfaces.keys()].find((name) => text.includes(`export interface ${name} extends`)) ?? '';
  const main = [...classes].find(([, { base }]) => /Terraform(Resource|DataSource|Provider)$/.test(base))?.[0] ?? '';
  const provider = [...interfaces.keys()].find((name) => name.endsWith('ProviderConfig')) ?? '';
  return { body: bodyOf(config || provider), readable: readableOf(main) ?? new Map() };
}
