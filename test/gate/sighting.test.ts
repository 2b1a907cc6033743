/**
 * A request as a sighting: what the platform says of its place, and what client it is.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientFamily } from '../../src/gate/client-family.ts'
import { sightingOf } from '../../src/gate/sighting.ts'

const NOW_MS = 1_800_000_000_000
const LONDON = { country: 'GB', city: 'London', latitude: '51.50853', longitude: '-0.12574' }
const NONE: ReadonlySet<number> = new Set()

const seen = (cf: object | undefined, agent: string | null = null, trusted = NONE) =>
  sightingOf(
    new Request('https://site.test/', {
      ...(cf && { cf }),
      ...(agent !== null && { headers: { 'user-agent': agent } }),
    } as RequestInit),
    trusted,
    NOW_MS,
  )

describe('the place of a request', () => {
  it('is the platform’s, on a grid of a quarter of a degree, and no finer', () => {
    expect(seen({ ...LONDON, asn: 64512 })).toEqual({
      atMs: NOW_MS,
      place: { latitude: 51.5, longitude: -0.25, isCoarse: false },
      country: 'GB',
      network: 64512,
      client: null,
    })
  })

  it('is coarse without a city, and through the exits of a relay', () => {
    expect(seen({ ...LONDON, city: undefined })?.place?.isCoarse).toBe(true)
    expect(seen({ ...LONDON, asn: 36183 })?.place?.isCoarse).toBe(true)
    expect(seen({ ...LONDON, asn: 36184 })?.place?.isCoarse).toBe(false)
  })

  it.each([
    ['nothing at all', undefined],
    ['half of it', { ...LONDON, longitude: undefined }],
    ['empty text', { ...LONDON, latitude: '', longitude: ' ' }],
    ['words', { ...LONDON, latitude: 'north' }],
    ['no number on earth', { ...LONDON, latitude: '90.5' }],
    ['a Tor exit, which is nobody’s place', { ...LONDON, country: 'T1' }],
  ])('is not known from %s', (_, cf) => {
    expect(seen(cf)?.place ?? null).toBeNull()
  })

  it('stays on earth and on the grid, whatever the platform says', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (north, east) => {
        const place = seen({ ...LONDON, latitude: `${north}`, longitude: `${east}` })?.place
        if (!place) return
        expect(Math.abs(place.latitude)).toBeLessThanOrEqual(90)
        expect(Math.abs(place.longitude)).toBeLessThanOrEqual(180)
        expect(place.latitude * 4).toBe(Math.round(place.latitude * 4))
      }),
    )
  })

  it('is not looked at through a network that is trusted', () => {
    expect(seen({ ...LONDON, asn: 64512 }, null, new Set([64512]))).toBeNull()
  })
})

const MOZILLA = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const WEBKIT = `${MOZILLA} AppleWebKit/537.36 (KHTML, like Gecko)`
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15'

describe('the family of a client', () => {
  it.each([
    ['chrome', `${WEBKIT} Chrome/140.0.0.0 Safari/537.36`],
    ['chrome', `${IPHONE} (KHTML, like Gecko) CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1`],
    ['chrome', `${WEBKIT} HeadlessChrome/140.0.0.0 Safari/537.36`],
    ['edge', `${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`],
    ['edge', `${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0`],
    ['edge', `${IPHONE} (KHTML, like Gecko) Version/19.0 EdgiOS/140.0 Mobile/15E148 Safari/604.1`],
    ['opera', `${WEBKIT} Chrome/139.0.0.0 Safari/537.36 OPR/124.0.0.0`],
    ['samsung', `${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`],
    ['yandex', `${WEBKIT} Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36`],
    ['firefox', `${MOZILLA.slice(0, -1)}; rv:143.0) Gecko/20100101 Firefox/143.0`],
    ['firefox', `${IPHONE} (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15`],
    ['safari', `${IPHONE} (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1`],
    ['safari', `${MOZILLA} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15`],
    ['curl', 'curl/8.5.0'],
    ['python-requests', 'python-requests/2.32.3'],
    ['okhttp', 'okhttp/4.12.0'],
    ['node', 'node'],
  ])('is %s of “%s”', (family, agent) => {
    expect(clientFamily(agent)).toBe(family)
  })

  it('is the same for a version and the next', () => {
    const family = (version: number) =>
      clientFamily(`${WEBKIT} Chrome/${version}.0.0.0 Safari/537.36`)
    expect(family(140)).toBe(family(141))
  })

  it.each([null, '', 'Mozilla/5.0', '"quoted"', `${'x'.repeat(25)}/1`])(
    'is not known of %j',
    (agent) => {
      expect(clientFamily(agent)).toBeNull()
    },
  )

  it('is one short word, whatever a header holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 600 }), (agent) => {
        expect(clientFamily(agent) ?? 'x').toMatch(/^[!-~]{1,24}$/)
      }),
    )
  })
})
