import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/**
 * Three kinds of tests, each in its own world: `house` (the shape of the repository) and `stand` run in
 * Node; `worker` runs in workerd, against the stand, never against a mock of the store.
 */
export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      {
        test: { name: 'house', environment: 'node', include: ['test/house/**/*.test.ts'] },
      },
      {
        test: { name: 'stand', environment: 'node', include: ['test/stand/**/*.test.ts'] },
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
        plugins: [
          cloudflareTest({
            main: './src/index.ts',
            miniflare: { compatibilityDate: '2026-10-06' },
          }),
        ],
        test: {
          name: 'worker',
          fileParallelism: false,
          globalSetup: ['./test/support/stand-setup.ts'],
          include: ['test/{foundation,session,gate,control,conformance,worker}/**/*.test.ts'],
        },
      },
    ],
  },
})
