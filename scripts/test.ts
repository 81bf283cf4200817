// Runs one of jest's groups, `test`, `proof` or `real`, and ends in the plain line that adds its figures up.
import { execa } from 'execa';
import fs from 'fs-extra';

/** The projects of a group; what is in a list of its own runs by itself, since what it measures is not to be disturbed. */
const runs = {
  test: [['test']],
  proof: [
    ['proof', 'real'],
    ['proof-alone', 'real-alone'],
  ],
  real: [['real'], ['real-alone']],
};

const [group = 'test', ...more] = process.argv.slice(2);
if (!(group in runs)) throw new Error(`there is no ${group}: it is one of ${Object.keys(runs).join(', ')}`);
await fs.mkdirp('reports');
const figures = { passed: 0, failed: 0, skipped: 0 };
let files = 0;
for (const projects of runs[group as keyof typeof runs]) {
  const report = `reports/${projects[0]}.json`;
  await fs.remove(report);
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    ...projects,
    ...(projects[0]?.endsWith('-alone') ? ['--runInBand'] : []),
    '--passWithNoTests',
    '--json',
    `--outputFile=${report}`,
    ...more,
  ];
  const { exitCode } = await execa('node', jest, {
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
    preferLocal: true,
  });
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    numRuntimeErrorTestSuites = 0,
    testResults = [],
  } = await fs.readJson(report).catch(() => ({ numRuntimeErrorTestSuites: 1 }));
  for (const { assertionResults } of testResults)
    for (const { status, fullName } of assertionResults) if (status === 'pending') console.log(`skipped: ${fullName}`);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  figures.passed += numPassedTests;
  figures.failed += failed === 0 && exitCode !== 0 ? 1 : failed;
  figures.skipped += numPendingTests;
  files += testResults.length;
}
if (files === 0) {
  console.log(`no file with tests matches ${more.join(' ')}`);
  figures.failed += 1;
}
console.log(`${figures.passed} passed, ${figures.failed} failed, ${figures.skipped} skipped`);
process.exitCode = figures.failed === 0 ? 0 : 1;
