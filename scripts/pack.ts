// What `npm pack` and `npm publish` need: Node strips no types below node_modules, so the package holds JavaScript in
// dist/. It is removed afterwards, since Yeoman would find a stale dist/generators before the sources.
import { execa } from 'execa';
import fs from 'fs-extra';

await fs.remove('dist');
if (process.argv[2] === 'build') {
  await execa('tsc', ['--project', 'tsconfig.build.json'], { preferLocal: true, stdout: 2, stderr: 2 });
  await fs.copy('templates', 'dist/templates');
}
