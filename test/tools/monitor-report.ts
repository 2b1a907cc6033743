/**
 * `npm run monitor-report < logs`: what would have been refused, by reason and policy, from the logs of a Worker
 * with ENFORCEMENT = "monitor". Must never let what stands in a log steer the terminal.
 */
import { createInterface } from 'node:readline'
import { readLogs } from './log-documents.ts'
import { MonitorTable } from './monitor-table.ts'

if (process.stdin.isTTY) {
  console.error('Usage: npm run -s monitor-report < logs.json (see README, Monitor mode)')
  process.exit(2)
}
const table = new MonitorTable()
for await (const read of readLogs(createInterface({ input: process.stdin }))) table.add(read)
for (const line of table.lines()) console.log(line.replaceAll(/\p{Cc}/gu, '\ufffd'))
