/**
 * `npm run prove:streams`: ten thousand idle sockets at one edge, what they cost, and that they end in time;
 * a gigabyte of body in each direction; an outage that lasts longer than streams wait. Ends with 1 when any of
 * it fails. Must never open so many that workerd has no file left for the next: it ends then.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildWorker } from '../edges/build.ts'
import { serveEdge } from '../edges/serve.ts'
import { numbersFrom } from './options.ts'
import { sleep } from './pace.ts'
import { machine } from './report.ts'
import { startScene } from './scene.ts'
import { peakMb, transfer } from './streams-bodies.ts'
import { crowdOfSockets } from './streams-crowd.ts'
import { at, openStream } from './streams-open.ts'

const RIDE_OUT_MS = 30_000
const MAX_BODY_GROWTH_MB = 48
/** What else an edge may open while sockets are being opened. */
const SPARE_FILES = 300
/** workerd opens a second one for each connection of a WebSocket, to notice when the other end is gone. */
const FILES_OF_A_CONNECTION = 2

const options = numbersFrom({
  sockets: 10_000,
  shared: 100,
  seconds: 20,
  bound: 1000,
  revoked: 200,
  megabytes: 1024,
  outage: 1,
})
const files = Number(execFileSync('/bin/sh', ['-c', 'ulimit -n']).toString())
const free = files - SPARE_FILES
/** With both sides over TCP. */
const outerSockets = Math.min(options.sockets, Math.floor(free / (2 * FILES_OF_A_CONNECTION)))
/** Where the origin takes no file: how many have to come through a front, which takes one of the edge for each. */
const throughFront = Math.max(1, FILES_OF_A_CONNECTION * options.sockets - free)
if (throughFront > options.sockets) throw new Error(`${files} files are too few`)
const local = (name: string) => fileURLToPath(new URL(name, import.meta.url))

console.log('building the Worker …')
const bundle = await buildWorker()
const origin = spawn(process.execPath, [local('streams-origin-process.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const [line] = await once(createInterface(origin.stdout), 'line')
const inner = {
  url: 'https://origin.inside',
  worker: readFileSync(local('streams-inner-origin.js'), 'utf8'),
}
const [OUTER, BODIES, INNER, OTHER] = [0, 1, 2, 3]
const scene = await startScene(bundle, {
  regions: [
    { name: 'fra', lagMs: 0 },
    { name: 'iad', lagMs: 200 },
  ],
  edges: 4,
  inspector: true,
  innerOrigins: [undefined, undefined, inner],
  vars: {
    ORIGIN_URL: JSON.parse(String(line)).url,
    MAX_STALENESS_MS: String(options.bound),
    // All parts share one machine: a late answer is better than none. The bound is not touched.
    STORE_DEADLINE_MS: '3000',
  },
})
const [bodies, other] = [at(scene.edges, BODIES), at(scene.edges, OTHER)]
const operator = at(scene.operators, OTHER)

const lines: { readonly what: string; readonly measured: string; readonly holds: boolean }[] = []
const note = (what: string, measured: string, holds: boolean) => {
  lines.push({ what, measured, holds })
  console.log(`${holds ? 'holds' : 'FAILS'}: ${what}: ${measured}`)
}

/** Over TCP on both sides as many as fit; then all, where the origin's side costs no file. */
async function crowds(): Promise<void> {
  const { shared, revoked, seconds, bound: boundMs } = options
  const sizes = { shared, revoked, seconds, boundMs }
  const [outer, inside] = [at(scene.edges, OUTER), at(scene.edges, INNER)]
  const overTcp = {
    name: 'origin over TCP',
    place: OUTER,
    sockets: outerSockets,
    urlFor: () => outer.url,
  }
  await crowdOfSockets(scene, { ...overTcp, ...sizes }, note)
  if (outerSockets === options.sockets) return
  const front = await serveEdge(
    { ...bundle, modulePath: local('streams-front.js') },
    { vars: { EDGE_ADDRESS: `127.0.0.1:${inside.rpcPort}` }, isFront: true },
  )
  const every = Math.floor(options.sockets / throughFront)
  const all = {
    name: `origin in the process, one visitor in ${every} through a front`,
    place: INNER,
    sockets: options.sockets,
    urlFor: (index: number) => (index % every === 0 ? front.url : inside.url),
  }
  await crowdOfSockets(scene, { ...all, ...sizes }, note).finally(() => front.stop())
}

async function gigabytes(): Promise<void> {
  const { token } = await operator.createSession({ subject: 'bodies' })
  await transfer('download', 1, bodies.url, token)
  for (const what of ['download', 'download&chunked', 'upload']) {
    const beforeMb = peakMb(bodies.pid)
    const arrived = await transfer(what, options.megabytes, bodies.url, token)
    const grownMb = peakMb(bodies.pid) - beforeMb
    note(
      `${options.megabytes} MB of ${what}: the process grows by at most ${MAX_BODY_GROWTH_MB} MB`,
      `${arrived} MB arrived, grew by ${grownMb.toFixed(0)} MB`,
      arrived === options.megabytes && grownMb <= MAX_BODY_GROWTH_MB,
    )
  }
}

async function outage(): Promise<void> {
  const { token } = await operator.createSession({ subject: 'outage' })
  const socket = await openStream('websocket', other.url, token)
  const events = await openStream('events', other.url, token)
  await sleep(options.bound)
  await scene.control.fault('*', { reset: true })
  const sinceMs = performance.now()
  await Promise.all([socket.ended, events.ended])
  await scene.control.clearFaults()
  const [early, late] = [socket, events].map(({ end }) => (end?.atMs ?? 0) - sinceMs).sort() as [
    number,
    number,
  ]
  note(
    'an outage is ridden out for 30 s, then 1013',
    `${socket.end?.how}, after ${(early / 1000).toFixed(1)} s and ${(late / 1000).toFixed(1)} s`,
    socket.end?.how.startsWith('1013') === true &&
      early >= RIDE_OUT_MS &&
      late <= RIDE_OUT_MS + 2.5 * options.bound,
  )
}

let code = 1
try {
  await gigabytes()
  await crowds()
  if (options.outage > 0) await outage()
  const report = `# Open streams

Made by \`npm run prove:streams\` on ${new Date().toISOString().slice(0, 10)}; ${machine()};
over ${scene.backendName}; MAX_STALENESS_MS=${options.bound}; one workerd process is the edge of all sockets.

workerd takes two files for each connection of a WebSocket (the second to notice that the other end is gone), so
four for each visitor, and ends when none is left; a process may have ${files} here. Hence two crowds: as
many as fit with the origin over TCP, and ${options.sockets} with the origin as another Worker in the edge's process,
${throughFront} or a few more of them through a front (another workerd, which hands requests on over one file each).
The Worker is the same, and so are its visitors' WebSockets. Each visitor offers compression, as browsers do.

To end a socket costs the edge about a millisecond here, both its ends and the visitor's process on two cores. So
the bound is kept for some hundreds that end at one isolate at once; thousands take seconds, as the rows of all
sessions revoked at once show. Requests are refused within the bound all the same.

| claim | measured | |
| ----- | -------- | - |
${lines.map(({ what, measured, holds }) => `| ${what} | ${measured} | ${holds ? 'holds' : '**fails**'} |`).join('\n')}
`
  const folder = local('reports/')
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}streams.md`, report)
  code = lines.every(({ holds }) => holds) ? 0 : 1
} finally {
  await scene.stop()
  origin.stdin?.end()
  bundle.remove()
}
process.exit(code)
