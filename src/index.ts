/**
 * The door of the Worker. Builds the app once per environment and hands every request to it.
 * Must never keep an app that was built from other values: a rotated secret takes effect at once.
 */
import { type App, createApp } from './app.ts'

let current: { readonly env: object; readonly app: App } | null = null

function appFor(env: object): App {
  if (current === null || !sameValues(current.env, env)) {
    current = { env: { ...env }, app: createApp(env) }
  }
  return current.app
}

/** The platform may keep an isolate when only its bindings change (platform.md B3). */
function sameValues(a: object, b: object): boolean {
  for (const name in b) {
    if (a[name as keyof typeof a] !== b[name as keyof typeof b]) return false
  }
  return true
}

export default {
  fetch: (request, env, context) => appFor(env)(request, context),
} satisfies ExportedHandler<object>
