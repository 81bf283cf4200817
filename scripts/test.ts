// Runs one of jest's projects, `test`, `proof` or `real`, and ends in the plain line that adds its figures up.
import { execa } from 'execa';
import fs from 'fs-extra';

const [project = 'test', ...more] = process.argv.slice(2);
const report = `reports/${project}.json`;
await fs.remove(report);
await fs.mkdirp('reports');
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--selectProjects',
  project,
  // What is measured in a proof is not to be disturbed by another.
  ...(project === 'test' ? [] : ['--runInBand']),
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
console.log(
  `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed, ${numPendingTests} skipped`,
);
process.exitCode = exitCode ?? 1;
