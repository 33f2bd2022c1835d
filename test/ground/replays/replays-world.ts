// Replays as they run in production: the API takes them, the role works them off, on the embedded log, or on one that is elsewhere.
import type { NewRecord } from '../../../src/log/log.ts'
import { openReplays, type ReplaysDeps } from '../../../src/replays/open-replays.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { collect } from '../../contracts/log-ground.ts'
import { openTestApi, type TestApi } from '../api/open-test-api.ts'
import { until } from '../until.ts'

const never = new AbortController().signal

export type Shown = Record<string, unknown> & {
  id: string
  name: string
  state: string
  why: string | null
  records: number | null
  read: number
  matched: number
  written: number
  leftOut: Record<string, number>
  rate: number
  targets: string[]
  percent: number | null
  truncatedBefore: { topic: string; partition: number; offset: string }[]
  partitions: { topic: string; partition: number; firstOffset: string; nextOffset: string; ended: boolean }[]
}
export type ReplaysWorld = Awaited<ReturnType<typeof openReplaysWorld>>

export async function openReplaysWorld(name: string, logger: Logger) {
  const api: TestApi = await openTestApi(name, logger)
  const { log } = api.testLog
  api.clock.nowAt = Date.now()
  const roles: { close(): Promise<void> }[] = []

  const get = async (id: string): Promise<Shown> => (await api.call('GET', `/v1/replays/${id}`)).json as Shown
  const all = async (topic: string) => collect(log.read(topic, { from: 'first', until: 'end' }, never))

  return {
    api,
    log,
    all,
    get,
    post: (body: object) => api.call('POST', '/v1/replays', { body }),
    patch: (id: string, body: object) => api.call('PATCH', `/v1/replays/${id}`, { body }),
    begin: async (body: object): Promise<Shown> => {
      const { status, json } = await api.call('POST', '/v1/replays', { body: { rate: 100_000, ...body } })
      if (status !== 201) throw new Error(`beginning a replay: ${JSON.stringify(json)}`)
      return json as Shown
    },
    reaches: (id: string, state: string): Promise<Shown> =>
      until(`replay ${id} is ${state}`, async () => {
        const shown = await get(id)
        return shown.state === state && shown
      }),
    append: (topic: string, records: readonly NewRecord[]) => log.append({ topic, records }, never),
    /** The role of one process. */
    work: (given: Partial<ReplaysDeps> = {}) => {
      const metrics = createMetrics({ processMetrics: false })
      const timing = { pollMs: 50, tidyEveryMs: 50, followEveryMs: 20, againAfterMs: 20 }
      const role = openReplays({
        ...api.testLog,
        database: api.database,
        leaseDatabase: api.database,
        logger,
        metrics,
        ...timing,
        ...given,
      })
      roles.push(role)
      return { metrics, checks: role.checks, close: role.close }
    },
    close: async () => {
      for (const role of roles) await role.close()
      await api.close()
    },
  }
}
