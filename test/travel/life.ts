/**
 * What all kinds of journeys are made of: how long, how many requests in a visit, a phone. Must never know of a
 * kind.
 */
import type { Random } from '../simulation/random.ts'
import { type Diary, MINUTE_MS, type Person, Phone } from './people.ts'

export const DAYS = 3

export type Live = (who: Person, diary: Diary, random: Random) => void

export const visits = (random: Random) => random.between(3, 15)
export const minutes = (random: Random, low: number, high: number) =>
  random.between(low, high) * MINUTE_MS
export const phoneOf = ({ carrier, city }: Person, random: Random) =>
  new Phone(carrier, city, random)
