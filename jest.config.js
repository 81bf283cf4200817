const common = { transform: {}, extensionsToTreatAsEsm: ['.ts'], testEnvironment: 'node' };

/**
 * Proofs that load the machine and measure, or hold answers to a time: each has the machine for itself. A repository of
 * level 6 measures what its service can take. The other proofs run two at a time.
 */
const measuring = ['climb', 'faults', 'hostile', 'own-model', 'under-load', 'workflows'].map(
  (name) => `/test/proof/${name}.test.ts`,
);
/** How far real load moves real pods depends on what else runs; and there is one cluster at a time. */
const scaling = '/test/real/autoscaling.test.ts';

/** `test` is what `npm it` runs; `proof` needs more time or system packages; `real` builds and starts a Kubernetes of its own. */
export default {
  maxWorkers: 2,
  // A machine that has other work to do is slow, not wrong; what waits for minutes says so itself.
  testTimeout: 60_000,
  projects: [
    {
      ...common,
      displayName: 'test',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/test/proof/', '/test/real/'],
    },
    {
      ...common,
      displayName: 'proof',
      roots: ['<rootDir>/test/proof'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: measuring,
    },
    {
      ...common,
      displayName: 'proof-alone',
      roots: ['<rootDir>/test/proof'],
      testMatch: measuring.map((file) => `**${file}`),
    },
    {
      ...common,
      displayName: 'real',
      roots: ['<rootDir>/test/real'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [scaling],
    },
    { ...common, displayName: 'real-alone', roots: ['<rootDir>/test/real'], testMatch: [`**${scaling}`] },
  ],
};
