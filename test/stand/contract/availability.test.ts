/** In CI the comparison with a real Redis must not be skipped unnoticed. */
import { expect, it } from 'vitest'
import { redisServer, VARIANTS } from './stands.ts'

it('runs every contract against a real Redis in CI', () => {
  if (process.env.CI) expect(redisServer, 'CI is set and no redis-server was found').toBeDefined()
  expect(VARIANTS.length).toBe(redisServer === undefined ? 1 : 2)
})
