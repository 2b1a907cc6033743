/** Finds a `redis-server` on this machine. Installs nothing and starts nothing. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const USUAL_PLACES = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']

/** `REDIS_SERVER` where it is set, else the first on the PATH or in the usual places. */
export function findRedisServer(): string | undefined {
  const { REDIS_SERVER, PATH = '' } = process.env
  if (REDIS_SERVER) return REDIS_SERVER
  const places = [...PATH.split(delimiter).filter((place) => place !== ''), ...USUAL_PLACES]
  return places.map((place) => join(place, 'redis-server')).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
