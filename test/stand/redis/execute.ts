/**
 * Runs commands on one connection of a real Redis and translates what Upstash words differently.
 * A transaction is written in one turn, so that no other command gets between its lines.
 */
import { type Redis, ReplyError as RedisReplyError } from 'ioredis'
import { DATABASE_FULL, discarded, type Reply, ReplyError, Unreachable } from '../backend.ts'

export async function execute(
  client: Redis,
  commands: string[][],
  atomic: boolean,
): Promise<Reply[]> {
  if (!atomic) return Promise.all(commands.map((command) => send(client, command)))
  return transaction(client, commands)
}

/**
 * A transaction on a full database. Redis then refuses to queue anything, reads and deletes with
 * the rest, which is not what Upstash says of itself: the limit is lifted around a transaction that
 * needs no memory. Nothing else can slip through, as all clients share this connection.
 */
export async function executeWhileFull(client: Redis, commands: string[][]): Promise<Reply[]> {
  if (await anyNeedsMemory(client, commands)) return transaction(client, commands)
  const [, replies] = await Promise.all([
    send(client, ['CONFIG', 'SET', 'maxmemory', '0']),
    transaction(client, commands),
    send(client, ['CONFIG', 'SET', 'maxmemory', '1']),
  ])
  return replies
}

async function anyNeedsMemory(client: Redis, commands: string[][]): Promise<boolean> {
  const infos = await send(client, ['COMMAND', 'INFO', ...commands.map(([name = '']) => name)])
  if (!Array.isArray(infos)) return true
  return infos.some((info) => {
    const flags = Array.isArray(info) ? info[2] : undefined
    return Array.isArray(flags) && flags.includes('denyoom')
  })
}

async function transaction(client: Redis, commands: string[][]): Promise<Reply[]> {
  const queued = [['MULTI'], ...commands].map((command) => send(client, command))
  const executed = send(client, ['EXEC'])
  const [replies, ...queueing] = await Promise.all([executed, ...queued])
  const refused = queueing.find((reply) => reply instanceof ReplyError)
  if (refused instanceof ReplyError) throw discarded(refused.message)
  if (replies instanceof ReplyError) throw replies
  return Array.isArray(replies) ? replies : [replies ?? null]
}

async function send(client: Redis, [name = '', ...args]: string[]): Promise<Reply> {
  try {
    // In capitals, or ioredis reshapes the replies of the commands it knows.
    return translate(await client.call(name.toUpperCase(), ...args))
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    if (error instanceof RedisReplyError) return errorReply(message, name)
    throw new Unreachable(message)
  }
}

function translate(value: unknown): Reply {
  if (Array.isArray(value)) return value.map(translate)
  if (value instanceof Error) return errorReply(value.message)
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

function errorReply(message: string, name?: string): ReplyError {
  if (message.startsWith('OOM ')) return new ReplyError(DATABASE_FULL)
  // The name as the client wrote it, not as it was sent.
  return new ReplyError(
    name === undefined
      ? message
      : message.replace(`unknown command '${name.toUpperCase()}'`, `unknown command '${name}'`),
  )
}
