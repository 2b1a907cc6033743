/**
 * The stand as tests in workerd see it: its control, and commands straight to its primary.
 * Faults, counters and the full database are global: test files of the worker project run one by one.
 */
import { inject } from 'vitest'
import type { SeenCommand, StandControl } from '../stand/control-api.ts'
import { standControl } from '../stand/control-client.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stand: { regions: { name: string; url: string }[]; token: string; controlUrl: string }
    originUrl: string
  }
}

export const stand = (): StandControl => standControl(inject('stand').controlUrl)

/** Commands straight to the stand's primary, around the Worker. */
export async function redis(...command: readonly (string | number)[]): Promise<unknown> {
  const { regions, token } = inject('stand')
  const response = await fetch(regions[0]?.url ?? '', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(command),
  })
  const answer = (await response.json()) as { result?: unknown; error?: string }
  if (answer.error !== undefined) throw new Error(answer.error)
  return answer.result
}

/** The commands that reached any region while `action` ran. */
export async function commandsOf(action: () => Promise<unknown>): Promise<SeenCommand[]> {
  await stand().resetStats()
  await action()
  const { commands } = await stand().stats()
  return commands === 0 ? [] : stand().commands(commands)
}
