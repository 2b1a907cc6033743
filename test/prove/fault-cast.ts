/**
 * The people of a fault's run: made before anything breaks, and asked after once it is over whether they are all
 * still there. Must never take anything but the primary's word for a loss.
 */
import type { Person } from './kinds.ts'
import { inParallel, sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

export interface Cast {
  /** Known at every edge. */
  readonly regulars: Person[]
  /** Each visits each edge once. */
  readonly strangers: Person[]
  readonly victims: Person[]
}

const WIDTH = 8

export async function makeCast(
  scene: Scene,
  name: string,
  sizes: { readonly regulars: number; readonly strangers: number; readonly victims: number },
  random: Random,
): Promise<Cast> {
  const make = async (role: string, count: number): Promise<Person[]> => {
    const people: Person[] = []
    await inParallel(count, WIDTH, async (index) => {
      const subject = `${name}-${role}-${index}`
      const permissions = ['read']
      const session = await random.pick(scene.operators).createSession({ subject, permissions })
      people[index] = { subject, sessions: [session] }
    })
    return people
  }
  const cast = {
    regulars: await make('regular', sizes.regulars),
    strangers: await make('stranger', sizes.strangers),
    victims: await make('victim', sizes.victims),
  }
  // Every copy knows them, and every edge the regulars.
  await sleep(scene.longestLagMs * 1.2)
  for (const door of scene.doors) {
    await inParallel(cast.regulars.length, WIDTH, async (index) => {
      await door.send('GET', '/page', cast.regulars[index]?.sessions[0]?.token ?? '')
    })
  }
  return cast
}

/** How many of these have no session any more, though nobody ended it. */
export async function countLost(scene: Scene, people: readonly Person[]): Promise<number> {
  let lost = 0
  await inParallel(people.length, WIDTH, async (index) => {
    const token = people[index]?.sessions[0]?.token ?? ''
    const door = scene.doors[index % scene.doors.length]
    const answer = await door?.send('GET', '/strong/page', token)
    if (answer?.status !== 200) lost++
  })
  return lost
}
