/**
 * `node test/bench/steps.ts`: what single steps of our hot path cost inside workerd, best of many batches, so
 * that it says something on a busy machine too. Must never be added up: steps share what they look up.
 */
import { request } from 'node:http'
import { bundle, bundleFolder } from './bundle.ts'
import { headersOf, PATH } from './visitor.ts'
import { startWorkerd } from './workerd.ts'

const TOKEN = `sess_${'A'.repeat(82)}`
const module = await bundle(bundleFolder(), 'steps', 'test/bench/contenders/steps.ts')
const worker = await startWorkerd(module, { log: 'inherit' })
try {
  const headers = headersOf({ cookies: [`__Host-session=${TOKEN}`] })
  const body = await new Promise<string>((resolve, reject) => {
    const call = request(worker.url + PATH, { headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(text)
    })
    call.once('error', reject)
    call.end()
  })
  const micros = JSON.parse(body) as Record<string, number>
  const [[, nothing = 0] = []] = Object.entries(micros)
  console.table(
    Object.entries(micros).map(([step, best]) => ({
      step,
      µs: Number(best.toFixed(2)),
      'over nothing': Number((best - nothing).toFixed(2)),
    })),
  )
} finally {
  await worker.stop()
}
