/**
 * What may name a subject or a permission, whoever says it: an operator in a body, an origin in a header.
 * Must never let through what could not be stored, addressed in a path or put into a header.
 */
import {
  MAX_PERMISSION_CHARACTERS,
  MAX_PERMISSIONS,
  MAX_SUBJECT_CHARACTERS,
} from '../vocabulary/limits.ts'

/** Well-formed Unicode of 1 to `max` code points: no control character (Cc), no lone surrogate (Cs). */
export const wellFormedText = (max: number): RegExp =>
  new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${max}}$`, 'u')

/** "." and ".." can't be a path segment in any spelling (WHATWG URL, dot segments). */
export const isDotSegment = (text: string): boolean => /^\.\.?$/.test(text)

const SUBJECT = wellFormedText(MAX_SUBJECT_CHARACTERS)
const PERMISSION = wellFormedText(MAX_PERMISSION_CHARACTERS)

/** RFC 7519 `sub`, as the operator API takes it too. */
export const isSubject = (text: string): boolean => SUBJECT.test(text) && !isDotSegment(text)

/** A set of permissions: none twice. */
export const arePermissions = (permissions: readonly string[]): boolean =>
  permissions.length <= MAX_PERMISSIONS &&
  new Set(permissions).size === permissions.length &&
  permissions.every((permission) => PERMISSION.test(permission))
