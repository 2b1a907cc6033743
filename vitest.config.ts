import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/**
 * Each project is a world of its own. `worker` runs in workerd, against the stand, never against a mock of the
 * store; all others run in Node and start what they need. `browser` needs Chromium and is not part of `npm test`.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    // On two cores Vitest would use one: most of these wait for timers and processes.
    maxWorkers: 2,
    projects: [
      {
        test: { name: 'house', environment: 'node', include: ['test/house/**/*.test.ts'] },
      },
      {
        test: {
          name: 'stand',
          environment: 'node',
          include: ['test/stand/**/*.test.ts', 'test/security/origin/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'readme',
          environment: 'node',
          include: ['test/blackbox/**/*.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: 'prove',
          environment: 'node',
          include: ['test/{edges,prove}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: { name: 'bench', environment: 'node', include: ['test/bench/**/*.test.ts'] },
      },
      {
        test: { name: 'hostile', environment: 'node', include: ['test/hostile/*.test.ts'] },
      },
      {
        test: {
          name: 'simulation',
          environment: 'node',
          include: ['test/{simulation,travel}/**/*.test.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './src/index.ts',
            miniflare: { compatibilityDate: '2026-10-06' },
          }),
        ],
        test: {
          name: 'worker',
          // Faults, counters and the full database are the whole stand's: one file at a time.
          fileParallelism: false,
          // After the others, two of which run at a time.
          sequence: { groupOrder: 1 },
          // Loading the Worker anew for every file takes four times as long as all tests.
          isolate: false,
          testTimeout: 20_000,
          globalSetup: ['./test/support/stand-setup.ts'],
          setupFiles: ['./test/support/leak-setup.ts'],
          include: [
            'test/{foundation,session,gate,control,conformance,worker}/**/*.test.ts',
            'test/security/*.test.ts',
            'test/hostile/door/*.test.ts',
          ],
        },
      },
    ],
  },
})
