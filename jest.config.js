const common = { transform: {}, extensionsToTreatAsEsm: ['.ts'], testEnvironment: 'node' };

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
    { ...common, displayName: 'proof', roots: ['<rootDir>/test/proof'], testMatch: ['**/*.test.ts'] },
    { ...common, displayName: 'real', roots: ['<rootDir>/test/real'], testMatch: ['**/*.test.ts'] },
  ],
};
