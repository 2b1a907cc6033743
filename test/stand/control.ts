/** The control of a stand, in this process: carries each order to the part it concerns. */
import type { Backend } from './backend.ts'
import type { StandControl } from './control-api.ts'
import { type FaultBook, parseFault } from './faults.ts'
import type { Recorder } from './record.ts'

export interface ControlParts {
  regions: string[]
  backend: Backend
  faults: FaultBook
  recorder: Recorder
}

export function createControl({ regions, backend, faults, recorder }: ControlParts): StandControl {
  /** Lag, partition and healing take `*` as faults do. */
  async function each(region: string, order: (name: string) => Promise<void>): Promise<void> {
    if (region === '*') await Promise.all(regions.map(order))
    else await order(known(region))
  }

  function known(region: string): string {
    if (!regions.includes(region)) throw new Error(`no region named ${region}`)
    return region
  }

  return {
    async fault(region, fault) {
      faults.add(region === '*' ? region : known(region), parseFault(fault))
    },
    async clearFaults() {
      faults.clear()
    },
    setLag: (region, lagMs) => each(region, (name) => backend.setLag(name, lagMs)),
    partition: (region) => each(region, (name) => backend.partition(name)),
    heal: (region) => each(region, (name) => backend.heal(name)),
    failover: async (region) => backend.failover(known(region)),
    fullDatabase: (on) => backend.setFull(on),
    killPrimary: () => backend.killPrimary(),
    killReplica: async (region) => backend.killReplica(known(region)),
    restartPrimary: () => backend.restartPrimary(),
    async flush() {
      faults.clear()
      await backend.reset()
      recorder.reset()
    },
    async stats() {
      return recorder.stats()
    },
    async resetStats() {
      recorder.resetStats()
    },
    async commands(last = Number.POSITIVE_INFINITY) {
      return recorder.last(last)
    },
  }
}
