/**
 * Operators end many sessions at once: named ones, those of named subjects, those with a label, or all.
 * Must never let `dry_run` change anything.
 */
import type { Named } from '../session/bulk-revocation.ts'
import { addressOfSid } from '../session/token.ts'
import { CLOCK_TOLERANCE_MS } from '../vocabulary/limits.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { ControlDependencies } from './dependencies.ts'
import { causeOf, type Endpoint, scoped } from './endpoint.ts'
import { type InputError, invalidInput, json } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { type RevocationBody, revocationSchema } from './revocation-schemas.ts'

type Selection = Named | { readonly epoch: string; readonly atMs: number }

export const revocationEndpoint = (deps: ControlDependencies): Endpoint =>
  scoped({
    method: 'POST',
    path: '/revocations',
    name: 'revokeMany',
    scope: 'sessions:revoke',
    summary: 'End many sessions: named, of named subjects, with a label, or all',
    body: revocationSchema,
    responses: {
      200: { description: 'The receipt, or what it would end', schema: 'BulkRevocation' },
    },
    async handle({ body, request }, operator) {
      const { registry, now } = deps
      const nowMs = now()
      const selection = selectionOf(body, nowMs)
      if (!selection.ok) return invalidInput(selection.error)
      const selected = selection.value
      if (body.dry_run) {
        const count = 'epoch' in selected ? null : await registry.countNamed(selected, nowMs)
        return json(200, { dry_run: true, sessions_matched: count })
      }
      const cause = causeOf(operator, body.reason)
      const revocation =
        'epoch' in selected
          ? await registry.raiseEpoch(selected.epoch, selected.atMs, cause, nowMs)
          : await registry.revokeNamed(selected, cause, nowMs)
      return receiptResponse(revocation, request, deps)
    },
  })

/** The schema has let exactly one selector through. */
function selectionOf(body: RevocationBody, nowMs: number): Result<Selection, InputError[]> {
  if (body.subjects) return ok({ subjects: body.subjects })
  if (body.sessions) return sessionsOf(body.sessions)
  const atMs = body.issued_before === undefined ? nowMs : Date.parse(body.issued_before)
  if (atMs > nowMs + CLOCK_TOLERANCE_MS) {
    return err([{ pointer: '/issued_before', detail: 'Must not be in the future' }])
  }
  const [label] = Object.entries(body.labels ?? {})
  // A time ahead of our clock by a little means now: nobody who logs in next is to be logged out.
  return ok({ epoch: label ? label.join(':') : '*', atMs: Math.min(atMs, nowMs) })
}

function sessionsOf(sids: readonly string[]): Result<Selection, InputError[]> {
  const addresses = sids.map(addressOfSid)
  const errors = addresses.flatMap((address, at) =>
    address ? [] : [{ pointer: `/sessions/${at}`, detail: 'Must be the id of a session' }],
  )
  return errors.length > 0
    ? err(errors)
    : ok({ sessions: addresses.filter((address) => address !== null) })
}
