const common = { transform: {}, extensionsToTreatAsEsm: ['.ts'], testEnvironment: 'node' };

/** `test` is what `npm it` runs; `proof` needs more time or system packages. */
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
      testPathIgnorePatterns: ['/test/proof/'],
    },
    { ...common, displayName: 'proof', roots: ['<rootDir>/test/proof'], testMatch: ['**/*.test.ts'] },
  ],
};
