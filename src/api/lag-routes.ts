// /v1/lag: how far whoever consumes the log is behind its end, in records and in time.
import { z } from 'zod'
import type { EventLog, Lag, Position } from '../log/log.ts'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'

export type Consumer = { consumerGroup: string; positions: readonly Position[] }
type Deps = { log: Pick<EventLog, 'lag'>; consumers(): Promise<readonly Consumer[]>; cut: AbortSignal }

const count = z.number().describe('records that are not consumed yet, gaps counted, too')
const age = z
  .number()
  .nullable()
  .describe('age of the oldest of them, ms; null: it is not in the log any more, or cannot be read')
const offset = z.string().describe('decimal')
const behind = z.object({ partition: z.number(), nextOffset: offset, endOffset: offset, lagRecords: count, lagMs: age })
const consumed = z.object({
  consumerGroup: z.string(),
  topic: z.string(),
  partitions: z.number().describe('that it has begun'),
  lagRecords: count,
  lagMs: age,
  behind: z.array(behind).describe('partitions with something to consume'),
})
const example = {
  ...{ consumerGroup: 'zaplog.read-model', topic: 'wa.events', partitions: 24, lagRecords: 12, lagMs: 340 },
  behind: [{ partition: 3, nextOffset: '1200', endOffset: '1212', lagRecords: 12, lagMs: 340 }],
}
const answer = z.object({ data: z.array(consumed) }).meta({ examples: [{ data: [example] }] })

export function lagRoutes(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/lag',
    schema: describeCall('How far whoever consumes the log is behind its end', { answers: { 200: answer } }),
    handler: async () => {
      const consumers = await deps.consumers()
      return { data: (await Promise.all(consumers.map(one => lagsOf(deps, one)))).flat() }
    },
  })
}

async function lagsOf({ log, cut }: Deps, { consumerGroup, positions }: Consumer) {
  const lags = await log.lag(positions, cut)
  const byTopic = Map.groupBy(lags, ({ topic }) => topic)
  return [...byTopic].map(([topic, those]) => ({ consumerGroup, topic, partitions: those.length, ...summaryOf(those) }))
}

/** Where one age cannot be known, none of them is the oldest. */
function summaryOf(lags: readonly Lag[]) {
  const late = lags.filter(({ lagRecords }) => lagRecords > 0)
  const ages = late.map(({ lagMs }) => lagMs)
  return {
    lagRecords: late.reduce((sum, one) => sum + one.lagRecords, 0),
    lagMs: ages.reduce((most, one) => (most === null || one === null ? null : Math.max(most, one)), 0),
    behind: late.map(({ partition, nextOffset, endOffset, lagRecords, lagMs }) => ({
      ...{ partition, nextOffset: nextOffset.toString(), endOffset: endOffset.toString(), lagRecords, lagMs },
    })),
  }
}
