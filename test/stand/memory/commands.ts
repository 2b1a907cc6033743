/**
 * Looks a command up and runs it on one copy. A command that is not in the tables is refused by
 * name; it is never passed over in silence.
 */
import { DATABASE_FULL, type Reply, ReplyError, unknownCommand } from '../backend.ts'
import { type CommandTable, type Context, wrongArity } from './arguments.ts'
import { expiry } from './expiry.ts'
import { hashes } from './hashes.ts'
import { keys } from './keys.ts'
import { sortedSets } from './sorted-sets.ts'
import { streams } from './streams.ts'
import { strings } from './strings.ts'

const TABLE: ReadonlyMap<string, CommandTable[string]> = new Map(
  Object.entries({ ...strings, ...hashes, ...sortedSets, ...expiry, ...streams, ...keys }),
)

/** What Redis would answer instead of queueing the command, or undefined where it may run. */
export function refusal(command: string[], full: boolean): ReplyError | undefined {
  const [name = ''] = command
  const found = TABLE.get(name.toUpperCase())
  if (found === undefined) return unknownCommand(command)
  const { arity, needsMemory } = found
  if (arity > 0 ? command.length !== arity : command.length < -arity) return wrongArity(name)
  return full && needsMemory ? new ReplyError(DATABASE_FULL) : undefined
}

/** Runs a command that `refusal` has let pass. Its errors are replies. */
export function execute(context: Context, [name = '', ...args]: string[]): Reply {
  const command = TABLE.get(name.toUpperCase())
  if (command === undefined) return unknownCommand([name, ...args])
  try {
    return command.run(context, args)
  } catch (error) {
    if (error instanceof ReplyError) return error
    throw error
  }
}
