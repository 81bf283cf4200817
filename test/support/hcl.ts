import { execa } from 'execa';
import { npmPackage, type Pin } from './npm-package.ts';

const reader: Pin = {
  name: '@cdktf/hcl2json',
  version: '0.21.0',
  integrity: 'sha512-cwX3i/mSJI/cRrtqwEPRfawB7pXgNioriSlkvou8LWiCrrcDe9ZtTbAbu8W1tEJQpe1pnX9VEgpzf/BbM7xF8Q==',
};

// A process of its own: the parser is Go, which wants the global object for itself.
const program = `
const { parse } = require(process.argv[1] + '/lib/index.js');
let text = '';
process.stdin.on('data', (data) => { text += data; }).on('end', async () => {
  const parsed = [];
  for (const [file, content] of JSON.parse(text)) parsed.push([file, await parse(file, content)]);
  process.stdout.write(JSON.stringify(parsed));
});
`;

/** What stands in a block: arguments by name, and for each kind of block within it the list of them. */
export interface HclBody {
  readonly [name: string]: unknown;
}

/** A file of Terraform's: `resource.TYPE.NAME[0]` and so on; an expression stands as `${…}`. */
export type HclFile = Readonly<Record<string, unknown>>;

/** Terraform's own grammar: the function that parses files (path → text), or the reason why there is none. */
export async function hclParser(): Promise<
  { parse: (files: ReadonlyMap<string, string>) => Promise<Map<string, HclFile>> } | { missing: string }
> {
  const found = await npmPackage(reader);
  if ('missing' in found) return found;
  return {
    parse: async (files) => {
      const { stdout } = await execa('node', ['--eval', program, found.folder], { input: JSON.stringify([...files]) });
      return new Map(JSON.parse(stdout));
    },
  };
}
