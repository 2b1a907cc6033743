/**
 * Makes a failing schedule short: leaves out steps as long as the same kind of violation stays. Must never turn one
 * violation into another.
 */
import type { Code } from './code.ts'
import type { Plan, Step } from './plan.ts'
import { runSchedule } from './schedule.ts'

export interface Shrunk {
  readonly plan: Plan
  readonly violation: string
  readonly trace: readonly string[]
}

export async function shrink(plan: Plan, violation: string, code: Code): Promise<Shrunk> {
  const kind = kindOf(violation)
  let steps = plan.steps
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1;
    size = size > 1 ? Math.ceil(size / 2) : 0
  ) {
    for (let from = 0; from < steps.length; ) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)]
      if (await stillFails({ ...plan, steps: fewer }, kind, code)) steps = fewer
      else from += size
    }
  }
  return traced({ ...plan, steps }, code)
}

async function stillFails(plan: Plan, kind: string, code: Code): Promise<boolean> {
  const run = await runSchedule(plan, code, null)
  return run.violation !== null && kindOf(run.violation) === kind
}

async function traced(plan: Plan, code: Code): Promise<Shrunk> {
  const trace: string[] = [conditionsLine(plan), `steps: ${plan.steps.map(stepLine).join(', ')}`]
  const { violation } = await runSchedule(plan, code, trace)
  return { plan, violation: violation ?? 'none', trace }
}

/** The words of a violation without its numbers. */
const kindOf = (violation: string): string => violation.replace(/\d+/g, '')

const conditionsLine = ({ conditions }: Plan): string => {
  const { boundMs, deadlineMs, graceMs, rereadAfterMs, maxItems, feedCount } = conditions
  const parts = { boundMs, deadlineMs, graceMs, rereadAfterMs, maxItems, feedCount }
  const regions = conditions.edges.map(({ region }) => `[${region}]`).join(' ')
  return `${JSON.stringify(parts)} regions ${regions} failover ${conditions.failover?.atMs ?? 'no'}`
}

const stepLine = ({ atMs, kind, edge, stream }: Step): string => `${kind}${stream}@${atMs}/e${edge}`
