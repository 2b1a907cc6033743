/**
 * Journeys of honest people who go far: by train, by air, abroad with their phone, across a border every day.
 * Must never give them a minute more than the timetable does.
 */
import { AIRPORTS, type City, FLIGHTS } from './airports.ts'
import { DAYS, type Live, minutes, phoneOf, visits } from './life.ts'
import { CITIES, fixedIn, inflight, lease, mobileIn, off } from './networks.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, START_MS } from './people.ts'

/** By phone, the train's own wifi (one gateway, wherever it runs), or both. */
export const train: Live = (who, diary, random) => {
  const speedKmh = random.between(60, 300)
  const hours = random.between(1, 4)
  const wifi = lease(fixedIn(random, who.city.country), capital(who.city.country), random)
  const usesWifi = random.chance(0.4)
  const end = off(who.city, Math.min(speedKmh * hours, 600), random)
  let atMs = START_MS
  diary.visit(lease(who.home, who.city, random), atMs, visits(random))
  const startMs = atMs + minutes(random, 30, 90)
  for (atMs = startMs; atMs < startMs + hours * HOUR_MS; ) {
    const done = (atMs - startMs) / (hours * HOUR_MS)
    const here = { ...who.city, ...between(who.city, end, done) }
    const through = usesWifi && random.chance(0.7) ? wifi : lease(who.carrier, here, random)
    atMs = diary.visit(through, atMs, random.between(2, 8)) + minutes(random, 1, 20)
  }
}

const capital = (country: string): City => CITIES.find((city) => city.country === country) as City

const between = (a: City, b: Pick<City, 'latitude' | 'longitude'>, done: number) => ({
  latitude: a.latitude + (b.latitude - a.latitude) * done,
  longitude: a.longitude + (((b.longitude - a.longitude + 540) % 360) - 180) * done,
})

/** Ground stations of satellite networks are few, and an aeroplane uses one a continent away. */
const GROUND_STATIONS = (['JFK', 'LAX', 'FRA', 'LHR', 'SIN', 'MAD', 'DEN'] as const).map(
  (iata) => AIRPORTS[iata],
)

export const fly =
  (onBoard: boolean): Live =>
  (_, diary, random) => {
    const trip = random.pick(FLIGHTS)
    const [from, to] = [AIRPORTS[trip.from], AIRPORTS[trip.to]]
    const local = (city: City) => lease(fixedIn(random, city.country), city, random)
    let atMs = diary.visit(local(from), START_MS, visits(random)) + minutes(random, 60, 180)
    atMs = diary.visit(local(from), atMs, visits(random))
    const departsMs = atMs + minutes(random, 5, 30)
    const arrivesMs = departsMs + trip.blockMinutes * MINUTE_MS
    if (onBoard) {
      const gateway = lease(inflight(random), random.pick(GROUND_STATIONS), random)
      atMs = departsMs + minutes(random, 15, 30)
      while (atMs < arrivesMs - 30 * MINUTE_MS) {
        atMs = diary.visit(gateway, atMs, visits(random)) + minutes(random, 5, 60)
      }
    }
    atMs = arrivesMs + minutes(random, 0, 20)
    const isDomestic = from.country === to.country
    const phone = isDomestic ? lease(mobileIn(random, to.country), to, random) : local(to)
    atMs = diary.visit(phone, atMs, visits(random)) + minutes(random, 30, 90)
    diary.visit(local(to), atMs, visits(random))
  }

/** A day at home, then abroad in the hotel's wifi and on the phone in turns: its traffic leaves from home. */
export const roaming: Live = (who, diary, random) => {
  const home = lease(who.home, who.city, random)
  const phone = phoneOf(who, random)
  let atMs = START_MS
  for (let leg = 0; leg < 6; leg++) {
    const through = leg % 2 === 0 ? home : phone.attach()
    atMs = diary.visit(through, atMs, visits(random)) + minutes(random, 10, 240)
  }
  const abroad = random.pick(CITIES.filter(({ country }) => country !== who.city.country))
  const hotel = lease(fixedIn(random, abroad.country), abroad, random)
  atMs += minutes(random, 18 * 60, 30 * 60)
  for (let leg = 0; leg < random.between(4, 12); leg++) {
    const through = leg % 2 === 0 ? hotel : phone.attach()
    atMs = diary.visit(through, atMs, visits(random)) + minutes(random, 0, 240)
  }
}

/** Lives a few kilometres from a border and works behind it; the phone's traffic leaves at home. */
export const acrossBorder: Live = (who, diary, random) => {
  const behind = random.pick(CITIES.filter(({ country }) => country !== who.city.country)).country
  const desk: City = { ...who.city, ...off(who.city, 30, random), country: behind }
  const [home, phone] = [lease(who.home, who.city, random), phoneOf(who, random)]
  const office = lease(fixedIn(random, behind), desk, random)
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 60)
    for (const through of [
      home,
      phone.attach(),
      office,
      phone.attach(),
      office,
      phone.attach(),
      home,
    ]) {
      atMs = diary.visit(through, atMs, visits(random)) + minutes(random, 10, 150)
    }
  }
}
