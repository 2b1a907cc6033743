/**
 * The one watch over all tests of the worker project. leak-setup.ts reads it after every test.
 * Must never be made twice: test files share an isolate, and a leak may come out in another file than it went in.
 */
import { LeakWatch } from './leaks.ts'

const shared = globalThis as { leakWatch?: LeakWatch }

export function leakWatch(): LeakWatch {
  if (shared.leakWatch === undefined) {
    shared.leakWatch = new LeakWatch()
    shared.leakWatch.listenTo(console)
  }
  return shared.leakWatch
}
