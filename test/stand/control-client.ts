/**
 * The control of a stand over HTTP. Uses fetch and nothing else, so that tests inside workerd can
 * hold it. An order the stand refuses rejects with its reason.
 */
import type { SeenCommand, StandControl, Stats } from './control-api.ts'

export function standControl(controlUrl: string): StandControl {
  async function send(method: string, path: string, input?: object): Promise<unknown> {
    const response = await fetch(new URL(path, controlUrl), {
      method,
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
    })
    const result = await response.json()
    if (!response.ok) throw new Error((result as { error: string }).error)
    return result
  }

  async function order(path: string, input: object = {}): Promise<void> {
    await send('POST', path, input)
  }

  return {
    fault: (region, fault) => order('/faults', { region, ...fault }),
    async clearFaults() {
      await send('DELETE', '/faults')
    },
    setLag: (region, lagMs) => order('/lag', { region, lagMs }),
    partition: (region) => order('/partition', { region }),
    heal: (region) => order('/heal', { region }),
    failover: (region) => order('/failover', { region }),
    fullDatabase: (on) => order('/full', { on }),
    killPrimary: () => order('/kill'),
    killReplica: (region) => order('/kill-replica', { region }),
    restartPrimary: () => order('/restart'),
    flush: () => order('/flush'),
    stats: async () => (await send('GET', '/stats')) as Stats,
    resetStats: () => order('/stats/reset'),
    commands: async (last) =>
      (await send(
        'GET',
        last === undefined ? '/commands' : `/commands?last=${last}`,
      )) as SeenCommand[],
  }
}
