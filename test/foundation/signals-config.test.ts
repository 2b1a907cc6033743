/**
 * The part of a policy that is about signs of theft: what is understood, and what refuses all traffic.
 */
import { expect, it } from 'vitest'
import { policies } from '../../src/foundation/config-policies.ts'

const parsed = (rule: object) => policies.safeParse([{ match: '/*', ...rule }])
const problemOf = (rule: object) => parsed(rule).error?.issues.map(({ message }) => message)

it('takes an answer for each sign, and looks at no other', () => {
  const { data } = parsed({
    signals: { travel: 'step_up', fork: 'revoke' },
    trusted_networks: [64512],
  })
  expect(data?.[0]).toMatchObject({ signals: { travel: 'step_up', fork: 'revoke' } })
  expect(Object.keys(data?.[0]?.signals ?? {})).toEqual(['travel', 'fork'])
  expect(data?.[0]?.trustedNetworks).toEqual(new Set([64512]))
})

it('looks at nothing where nothing is said', () => {
  expect(parsed({}).data?.[0]?.signals).toBeNull()
  expect(parsed({ signals: {} }).data?.[0]?.signals).toBeNull()
})

it.each([
  [{ signals: { travel: 'kill' } }, 'must be one of record, step_up, revoke, revoke_all'],
  [
    { signals: { speed: 'revoke' } },
    'must be a table with any of travel, fork, country, network, client',
  ],
  [{ signals: 'revoke' }, 'must be a table with any of travel, fork, country, network, client'],
  [{ trusted_networks: ['AS64512'] }, 'must be an AS number'],
  [{ trusted_networks: [0] }, 'must be an AS number'],
  [
    { access: 'public', signals: { travel: 'record' } },
    'asks for permissions, max_auth_age_seconds or signals, so access must not be public',
  ],
])('refuses %j', (rule, problem) => {
  expect(problemOf(rule)).toEqual([problem])
})
