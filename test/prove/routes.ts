/**
 * The routes the proofs use: one for each consistency, with and without a permission.
 * Every path a proof asks for must be here, or it would be judged by another rule than the edge's.
 */
export type Consistency = 'strong' | 'bounded' | 'eventual'

export const CONSISTENCIES: readonly Consistency[] = ['bounded', 'strong', 'eventual']

export interface Route {
  readonly path: string
  readonly consistency: Consistency
  /** Needs the permission `admin`. */
  readonly admin: boolean
}

export const PLAIN_ROUTES: readonly Route[] = [
  { path: '/page', consistency: 'bounded', admin: false },
  { path: '/another', consistency: 'bounded', admin: false },
  { path: '/strong/page', consistency: 'strong', admin: false },
  { path: '/eventual/page', consistency: 'eventual', admin: false },
]

/** With one that asks for no permission: a session must not suffer from what its person loses. */
export const ADMIN_ROUTES: readonly Route[] = [
  { path: '/admin/page', consistency: 'bounded', admin: true },
  { path: '/admin/another', consistency: 'bounded', admin: true },
  { path: '/strong-admin/page', consistency: 'strong', admin: true },
  { path: '/page', consistency: 'bounded', admin: false },
]

/** The edges' POLICIES; `/page` matches none and so is `required` and `bounded`. */
export const POLICIES = [
  { match: '/strong/*', consistency: 'strong' },
  { match: '/eventual/*', consistency: 'eventual' },
  { match: '/admin/*', permissions: ['admin'] },
  { match: '/strong-admin/*', permissions: ['admin'], consistency: 'strong' },
]
