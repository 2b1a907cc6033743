/**
 * Every entry that the fuzzer drives in Node. Must never leave out a list of targets: a million inputs over half of
 * the entries would look just the same.
 */
import { OPERATOR_TARGETS } from './operator-targets.ts'
import { ORIGIN_TARGETS } from './origin-targets.ts'
import { REQUEST_TARGETS } from './request-targets.ts'
import type { Target } from './target.ts'
import { VISITOR_TARGETS } from './visitor-targets.ts'

export const TARGETS: readonly Target[] = [
  ...VISITOR_TARGETS,
  ...REQUEST_TARGETS,
  ...OPERATOR_TARGETS,
  ...ORIGIN_TARGETS,
]
