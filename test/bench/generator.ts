/**
 * A load generator for machines without wrk, with the same input and output (see wrk.lua). It costs far more
 * CPU than wrk, so latencies and requests per second made with it must never be compared with wrk's.
 * Usage: node generator.ts <url> <file> <path> <connections> <seconds>
 */
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'

const [url = '', file = '', path = '/', connections = '1', seconds = '1'] = process.argv.slice(2)
const [head = '', list = ''] = readFileSync(file, 'utf8').split('\n\n')
const headers = head.split('\n').map((line) => {
  const colon = line.indexOf(': ')
  return [line.slice(0, colon), line.slice(colon + 2)] as const
})
const tokens = list === '' ? [''] : list.split('\n')
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) })
const latencies: number[] = []
const counts = { refused: 0, broken: 0 }
let next = 0

function ask(): Promise<void> {
  const token = tokens[next++ % tokens.length] ?? ''
  const filled = headers.map(([name, value]) => [name, value.replace('%TOKEN%', token)])
  const start = performance.now()
  return new Promise((resolve) => {
    const request = get(url + path, { agent, headers: Object.fromEntries(filled) }, (response) => {
      if ((response.statusCode ?? 500) >= 400) counts.refused++
      response.resume().once('end', () => {
        latencies.push(performance.now() - start)
        resolve()
      })
    })
    request.once('error', () => {
      counts.broken++
      resolve()
    })
  })
}

const startedAt = performance.now()
const endsAt = startedAt + Number(seconds) * 1000
const connection = async () => {
  while (performance.now() < endsAt) await ask()
}
await Promise.all(Array.from({ length: Number(connections) }, connection))
latencies.sort((a, b) => a - b)
const percentile = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0
const result = {
  requests: latencies.length,
  seconds: (performance.now() - startedAt) / 1000,
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  ...counts,
}
console.log(`JSON${JSON.stringify(result)}`)
process.exit(0)
