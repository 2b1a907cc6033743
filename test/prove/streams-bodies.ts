/**
 * Bodies of many megabytes through an edge, in both directions, and what its process had resident at most.
 * Must never hold a body itself, nor trust a length that was only declared.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'

const MB = 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 3)

/** `download`, `download&chunked` or `upload`: how many MB arrived at the other end. */
export async function transfer(
  what: string,
  megabytes: number,
  edgeUrl: string,
  token: string,
): Promise<number> {
  const bytes = megabytes * MB
  const [path, more = ''] = what.split('&')
  const isUpload = path === 'upload'
  const sending = request(`${edgeUrl}/${path}?bytes=${isUpload ? 0 : bytes}&${more}`, {
    method: isUpload ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}` },
    agent: false,
  })
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>
  for (let sent = 0; isUpload && sent < bytes; sent += CHUNK.length) {
    if (!sending.write(CHUNK)) await once(sending, 'drain')
  }
  sending.end()
  const [response] = await answered
  const declared = response.headers['content-length']
  if (path === 'download' && more === '' && declared !== String(bytes)) {
    throw new Error(`Content-Length: ${declared} instead of ${bytes}`)
  }
  let received = 0
  let text = ''
  for await (const chunk of response) {
    received += (chunk as Buffer).length
    if (isUpload) text += chunk
  }
  return (isUpload ? Number(text) : received) / MB
}

/** The bytes as they came, whatever encoding they are in. */
export async function rawBody(url: string, token: string): Promise<Buffer> {
  const sending = request(url, {
    headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' },
    agent: false,
  }).end()
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The most a process ever had resident, in MB (Linux). */
export function peakMb(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
