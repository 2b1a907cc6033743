/**
 * The control over HTTP, for tests that run inside workerd. An order that cannot be carried out is
 * answered 400 with its reason, never passed over: the test behind it would prove nothing.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Fault, StandControl } from './control-api.ts'

type Order = (input: Record<string, unknown>) => Promise<unknown>

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`${name} must be a string`)
  return value
}

function number(value: unknown, name: string): number {
  if (typeof value !== 'number' || value < 0) throw new Error(`${name} must be a number from 0`)
  return value
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${name} must be true or false`)
  return value
}

const ordersOf = (control: StandControl): Record<string, Order> => ({
  // The control checks the fault itself; here it is whatever came.
  'POST /faults': ({ region, ...fault }) =>
    control.fault(text(region, 'region'), fault as unknown as Fault),
  'DELETE /faults': () => control.clearFaults(),
  'POST /lag': ({ region, lagMs }) =>
    control.setLag(text(region, 'region'), number(lagMs, 'lagMs')),
  'POST /partition': ({ region }) => control.partition(text(region, 'region')),
  'POST /heal': ({ region }) => control.heal(text(region, 'region')),
  'POST /failover': ({ region }) => control.failover(text(region, 'region')),
  'POST /full': ({ on }) => control.fullDatabase(flag(on, 'on')),
  'POST /kill': () => control.killPrimary(),
  'POST /kill-replica': ({ region }) => control.killReplica(text(region, 'region')),
  'POST /restart': () => control.restartPrimary(),
  'POST /flush': () => control.flush(),
  'GET /stats': () => control.stats(),
  'POST /stats/reset': () => control.resetStats(),
  'GET /commands': ({ last }) =>
    control.commands(last === undefined ? undefined : Number(text(last, 'last'))),
})

export function createControlServer(control: StandControl): Server {
  const orders = ordersOf(control)
  return createServer(async (request, response) => {
    let status = 200
    let result: unknown
    try {
      const url = new URL(request.url ?? '/', 'http://stand')
      const order = orders[`${request.method} ${url.pathname}`]
      if (order === undefined) throw new Error(`no order ${request.method} ${url.pathname}`)
      const input = { ...Object.fromEntries(url.searchParams), ...(await readJson(request)) }
      result = (await order(input)) ?? { ok: true }
    } catch (error) {
      status = 400
      result = { error: error instanceof Error ? error.message : String(error) }
    }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(result))
  })
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  return body === '' ? {} : JSON.parse(body)
}
