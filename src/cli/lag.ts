// zaplog lag: how far whoever consumes the log is behind its end, once or again and again.
import { z } from 'zod'
import { wait } from '../runtime/wait.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { type Result, runVerb } from './run-verb.ts'
import { watchStopSignals } from './stop-signals.ts'
import { textTable } from './text-table.ts'

const consumed = z.looseObject({
  consumerGroup: z.string(),
  topic: z.string(),
  partitions: z.number(),
  lagRecords: z.number(),
  lagMs: z.number().nullable(),
  behind: z.array(z.looseObject({ partition: z.number() })),
})
const lags = z.looseObject({ data: z.array(consumed) })
type Consumed = z.infer<typeof consumed>

const LOOK_EVERY_MS = 2_000

export const showLag = ({ watch = false, outputLost }: { watch?: boolean; outputLost: AbortSignal }) =>
  runVerb(async api => {
    if (!watch) return readLag(api)
    return watchLag(api, AbortSignal.any([watchStopSignals(), outputLost]))
  })

async function readLag(api: ApiSettings): Promise<Result> {
  const json = await callApi(api, { doing: 'reading the lag', method: 'GET', path: '/v1/lag', answer: lags })
  return { json, text: lagTable(json.data) }
}

/** Prints each. Rejects CallFailed as soon as zaplog does not answer. */
async function watchLag(api: ApiSettings, stopping: AbortSignal): Promise<Result> {
  let looks = 0
  do {
    const { json, text } = await readLag(api)
    process.stdout.write(jsonIsWanted() ? jsonLine(json) : `${new Date().toISOString()}\n${text}\n\n`)
    looks += 1
  } while (await wait(LOOK_EVERY_MS, stopping))
  return { text: `stopped after ${looks} looks`, json: { ended: { looks } } }
}

/** Those that are behind first. */
export function lagTable(all: readonly Consumed[], columns?: number): string {
  const sorted = all.toSorted((one, other) => other.lagRecords - one.lagRecords)
  const rows = sorted.map(one => [
    one.consumerGroup,
    one.topic,
    String(one.lagRecords),
    one.lagMs === null ? 'unknown' : (one.lagMs / 1000).toFixed(1),
    one.behind.map(({ partition }) => partition).join(' '),
  ])
  const behind = all.filter(one => one.lagRecords > 0).length
  const summary = behind === 0 ? 'nobody is behind' : `${behind} of ${all.length} are behind`
  return `${textTable(['consumer', 'topic', 'records', 'seconds', 'partitions'], rows, columns)}\n\n${summary}`
}
